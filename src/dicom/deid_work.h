// One film that is de-identified: what is removed from it; only for the bridges (C++).
#ifndef SX_DICOM_DEID_WORK_H
#define SX_DICOM_DEID_WORK_H

#include <set>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "dicom/deid.h"
#include "dicom/deid_finder.h"
#include "dicom/deid_secrets.h"

// More values than can be compared in a few seconds.
struct DeidTooMany {};

struct DeidWork {
    const sx_deid_options *o = nullptr;
    std::string subject;
    int days = 0;
    // The film has been de-identified: its identifiers and dates are replacements, and stay.
    bool again = false;
    int depth = 0;                    // of sequences that are no sequences by their VR
    sx_secrets removed = {};          // values that the result must not contain
    std::set<std::string> kept_terms; // of the standard
    sx_finder *finder = nullptr;      // of `removed`, once these are collected
    mutable size_t compared = 0;      // pairs of a value and a collected value

    explicit DeidWork(const sx_deid_options *options) : o(options) {}
    ~DeidWork() {
        sx_finder_free(finder);
        sx_secrets_free(&removed);
    }
    DeidWork(const DeidWork &) = delete;
    DeidWork &operator=(const DeidWork &) = delete;
};

#endif
