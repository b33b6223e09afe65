// Looks up an element in the standard's data dictionary (a file of DCMTK).
#include <cctype>
#include <cstring>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "dicom/dcmtk_dictionary.h"
#include "dicom/deid.h"
#include "dicom/deid_values.h"

bool sx_deid_dictionary(sx_error *err) {
    return sx_dcmtk_dictionary(err) &&
           (dcmDataDict.isDictionaryLoaded() ||
            sx_fail(err, SX_ERR_MISSING,
                    "DCMTK's data dictionary (dicom.dic) is not available: elements cannot be "
                    "identified"));
}

bool sx_deid_vr_is_due(uint32_t tag, const char vr[2]) {
    const DcmTag known(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xFFFF));
    const char *due = NULL;
    switch (known.getEVR()) {
    case EVR_UN:
    case EVR_UNKNOWN:
    case EVR_UNKNOWN2B:
    case EVR_na:
        return false; // not of the standard
    case EVR_xs:
        due = "USSS";
        break;
    case EVR_lt:
        due = "USSSOWOB";
        break;
    case EVR_ox:
    case EVR_px:
        due = "OBOW";
        break;
    default:
        due = DcmVR(known.getEVR()).getValidVRName();
    }
    for (; *due; due += 2)
        if (std::memcmp(due, vr, 2) == 0) return true;
    return false;
}

bool sx_deid_due_vr(uint32_t tag, char vr[3]) {
    const DcmTag known(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xFFFF));
    const char *due = DcmVR(known.getEVR()).getValidVRName();
    if (!sx_deid_vr_is_due(tag, due)) return false;
    std::memcpy(vr, due, 2);
    vr[2] = '\0';
    return true;
}

// The names are keywords: "ClinicalTrialSubjectID", "OtherPatientIDs".
bool sx_deid_is_identifier(uint32_t tag) {
    static const char *const words[] = { "Identifier", "Identification", "Number",
                                         "Barcode",    "BarCode",        "UDI" };
    DcmTag known(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xFFFF));
    const char *name = known.getTagName();
    for (const char *word : words)
        if (std::strstr(name, word)) return true;
    for (const char *at = name; (at = std::strstr(at, "ID")) != NULL; at += 2)
        if (!std::islower(static_cast<unsigned char>(at[2])) || at[2] == 's') return true;
    return false;
}

bool sx_deid_uid_is_known(const char *uid) {
    return dcmFindNameOfUID(uid) != NULL;
}

bool sx_deid_vm_is_due(uint32_t tag, unsigned long vm) {
    const DcmDataDictionary &dictionary = dcmDataDict.rdlock();
    const DcmDictEntry *entry = dictionary.findEntry(
        DcmTagKey(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xFFFF)), NULL);
    const int least = entry ? entry->getVMMin() : 0, most = entry ? entry->getVMMax() : 0;
    dcmDataDict.rdunlock();
    if (vm == 0) return true;
    return entry && vm >= static_cast<unsigned long>(least) &&
           (most < 0 || vm <= static_cast<unsigned long>(most));
}
