#include "service/net/commitment_report.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcuid.h>

#include "dicom/dataset.h"

namespace {

const uint32_t TRANSACTION_UID = SX_TAG(0x0008, 0x1195), FAILED = SX_TAG(0x0008, 0x1198),
               REFERENCED = SX_TAG(0x0008, 0x1199), SOP_CLASS = SX_TAG(0x0008, 0x1150),
               SOP_UID = SX_TAG(0x0008, 0x1155), REASON = SX_TAG(0x0008, 0x1197);

struct Item {
    char sop_class[65], sop_uid[65];
    bool committed;
    int reason;
};

void collect(const sx_dataset &d, uint32_t sequence, bool committed, std::vector<Item> &items) {
    sx_dataset item;
    for (size_t i = 0; sx_dataset_item(&d, sequence, i, &item, NULL); i++) {
        Item one = { "", "", committed, 0 };
        uint16_t reason = 0;
        sx_dataset_text(&item, SOP_CLASS, 0, one.sop_class, sizeof one.sop_class);
        sx_dataset_text(&item, SOP_UID, 0, one.sop_uid, sizeof one.sop_uid);
        if (!committed && sx_dataset_word(&item, REASON, 0, &reason)) one.reason = reason;
        sx_dataset_free(&item);
        items.push_back(one);
    }
}

// Not by DCMTK's parser, which recurses as deep as the sequences are nested.
bool understand(const uint8_t *bytes, size_t n, bool explicit_vr, sx_committed_fn *committed,
                void *user) {
    char transaction[65];
    size_t used;
    bool delimited;
    sx_dataset d;
    std::vector<Item> items;
    std::vector<sx_dicom_committed> list;
    if (!sx_dataset_read(&d, bytes, n, explicit_vr, false, true, NULL)) return false;
    const bool readable = sx_dataset_walk(&d, &used, &delimited, NULL);
    sx_dataset_text(&d, TRANSACTION_UID, 0, transaction, sizeof transaction);
    try {
        if (readable) collect(d, REFERENCED, true, items);
        if (readable) collect(d, FAILED, false, items);
        for (const Item &i : items)
            list.push_back({ i.sop_class, i.sop_uid, i.committed, i.reason });
    } catch (...) {
        sx_dataset_free(&d);
        throw;
    }
    sx_dataset_free(&d);
    return readable && *transaction && committed(user, transaction, list.data(), list.size());
}

OFCondition receive(T_ASC_Association *association, T_ASC_PresentationContextID id, int seconds,
                    std::vector<uint8_t> &bytes) {
    T_ASC_PresentationContextID from = 0;
    void *begin = NULL;
    offile_off_t n = 0;
    bytes.resize(SX_REPORT_BYTES);
    DcmOutputBufferStream stream(bytes.data(), SX_REPORT_BYTES);
    const OFCondition c = DIMSE_receiveDataSetInFile(association, DIMSE_NONBLOCKING, seconds, &from,
                                                     &stream, NULL, NULL);
    stream.flushBuffer(begin, n);
    bytes.resize(static_cast<size_t>(n));
    return c.good() && from != id
               ? makeDcmnetCondition(DIMSEC_INVALIDPRESENTATIONCONTEXTID, OF_error,
                                     "the data set of the report is of another context")
               : c;
}

// With the class, instance and event of the request: PS3.7 lets a response leave them out (10.3.1),
// but Orthanc takes one without them as malformed and its job fails.
OFCondition respond(T_ASC_Association *association, T_ASC_PresentationContextID id,
                    const T_DIMSE_N_EventReportRQ &request, bool understood) {
    T_DIMSE_Message message;
    std::memset(&message, 0, sizeof message);
    message.CommandField = DIMSE_N_EVENT_REPORT_RSP;
    T_DIMSE_N_EventReportRSP &r = message.msg.NEventReportRSP;
    r.MessageIDBeingRespondedTo = request.MessageID;
    r.DimseStatus = understood ? STATUS_N_Success : STATUS_N_ProcessingFailure;
    r.DataSetType = DIMSE_DATASET_NULL;
    r.EventTypeID = request.EventTypeID;
    std::snprintf(r.AffectedSOPClassUID, sizeof r.AffectedSOPClassUID, "%s",
                  request.AffectedSOPClassUID);
    std::snprintf(r.AffectedSOPInstanceUID, sizeof r.AffectedSOPInstanceUID, "%s",
                  request.AffectedSOPInstanceUID);
    r.opts = O_NEVENTREPORT_AFFECTEDSOPCLASSUID | O_NEVENTREPORT_AFFECTEDSOPINSTANCEUID |
             O_NEVENTREPORT_EVENTTYPEID;
    return DIMSE_sendMessageUsingMemoryData(association, id, &message, NULL, NULL, NULL, NULL);
}

} // namespace

OFCondition sx_dcmtk_take_report(T_ASC_Association *association, T_ASC_PresentationContextID id,
                                 const T_DIMSE_N_EventReportRQ &request, int seconds,
                                 sx_committed_fn *committed, void *user) {
    T_ASC_PresentationContext context;
    std::vector<uint8_t> bytes;
    if (request.DataSetType == DIMSE_DATASET_NULL) return DIMSE_BADCOMMANDTYPE;
    OFCondition c = ASC_findAcceptedPresentationContext(association->params, id, &context);
    if (c.good()) c = receive(association, id, seconds, bytes);
    if (c.bad()) return c;
    const bool explicit_vr =
        std::strcmp(context.acceptedTransferSyntax, UID_LittleEndianImplicitTransferSyntax) != 0;
    return respond(association, id, request,
                   understand(bytes.data(), bytes.size(), explicit_vr, committed, user));
}
