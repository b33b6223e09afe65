// What the bridges to DCMTK's network part have in common (C++).
#ifndef SX_SERVICE_NET_DCMTK_NET_H
#define SX_SERVICE_NET_DCMTK_NET_H

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmtls/tlslayer.h>

#include "service/net/dicom_options.h"

// Before the first use of the network, from any thread.
void sx_dcmtk_prepare_network();

// The BCP 195 profile with our certificate. With `trusted`, the other end must have one that it
// signed.
OFCondition sx_dcmtk_set_up_tls(DcmTLSTransportLayer &layer, const sx_dicom_tls &tls);

#endif
