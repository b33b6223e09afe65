// Reports of storage commitment (PS3.4 J.3.3), which our server and our client receive (C++).
#ifndef SX_SERVICE_NET_COMMITMENT_REPORT_H
#define SX_SERVICE_NET_COMMITMENT_REPORT_H

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmnet/dimse.h>

#include "service/net/dicom_options.h"

enum { SX_REPORT_BYTES = 1 << 20 }; // at most; about 9,000 instances

// Receives the data set of the request, waiting `seconds` for each part, passes it to `committed`,
// and responds with its answer. A data set that cannot be read is answered as not understood; a
// longer one is an error, after which the association must be aborted.
OFCondition sx_dcmtk_take_report(T_ASC_Association *association, T_ASC_PresentationContextID id,
                                 const T_DIMSE_N_EventReportRQ &request, int seconds,
                                 sx_committed_fn *committed, void *user);

#endif
