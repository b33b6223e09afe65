// The rules of deid_rules.c applied to a data set of DCMTK's; only for deid_bridge.cc.
#ifndef SX_DICOM_DEID_CLEAN_H
#define SX_DICOM_DEID_CLEAN_H

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

// Collects every value to be removed, before anything is changed. SX_ERR_MEMORY, SX_ERR_LIMIT.
bool deid_collect(DeidWork &w, DcmItem &item, sx_error *err) SX_MUST_USE;
// Removes, empties and replaces; kept values are valid and repeat no collected value. Throws
// DeidTooMany.
void deid_clean(DeidWork &w, DcmItem &item, OFCondition &c);
// A value that repeats what was collected and could not be emptied; NULL: none.
const sx_secret *deid_survivor(const DeidWork &w, DcmItem &item);
std::string deid_new_uid(const DeidWork &w, const std::string &uid);

#endif
