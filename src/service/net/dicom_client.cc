// The bridge to DCMTK's network part for the client.
#include "service/net/dicom_client.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmnet/dimse.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmtls/tlslayer.h>

#include "base/str.h"
#include "dicom/dcmtk_dictionary.h"
#include "dicom/dcmtk_error.h"
#include "service/net/commitment_report.h"
#include "service/net/dcmtk_net.h"
#include "service/net/limited_connection.h"

namespace {

// Of one query: a study has some hundred instances, and we ask for one of them.
enum { MOST_MATCHES = 10000, MATCH_BYTES = 8 << 20 };

// An association that we ask for.
class Association {
  public:
    // Verification is always offered: some refuse an association without any class of theirs.
    explicit Association(const sx_dicom_remote &remote) : remote_(remote) {
        offer(UID_VerificationSOPClass);
    }
    ~Association() {
        end();
        if (network_) (void)ASC_dropNetwork(&network_);
    }
    Association(const Association &) = delete;
    Association &operator=(const Association &) = delete;

    // Adds a context before open(); each class once.
    void offer(const char *sop_class) {
        if (std::find(classes_.begin(), classes_.end(), sop_class) == classes_.end())
            classes_.push_back(sop_class);
    }

    // What the other end may send from now on: bytes, in the time that a slow line needs for them
    // and for the bytes that it is sent.
    void expect(int64_t bytes, size_t sent) {
        const int64_t needed = (bytes + static_cast<int64_t>(sent)) / 32768; // at 32 KB/s
        limit_->left = bytes;
        limit_->until = std::chrono::steady_clock::now() +
                        std::chrono::seconds(4 * remote_.message_seconds + needed);
    }
    void refuse_more() {
        limit_->left = 0;
    }
    // Why a message failed.
    std::string reason(const OFCondition &c) const {
        return limit_->exceeded ? "it sends too much, or too slowly" : c.text();
    }

    // False with *sent and the reason.
    bool open(sx_sent *sent, std::string *reason) {
        *sent = SX_SENT_TRANSIENT;
        OFCondition c = ASC_initializeNetwork(NET_REQUESTOR, 0, remote_.message_seconds, &network_);
        if (c.good()) c = remote_.tls ? secure() : bound();
        if (c.bad()) {
            *sent = remote_.tls ? SX_SENT_PERMANENT : SX_SENT_TRANSIENT;
            *reason = c.text();
            return false;
        }
        T_ASC_Parameters *params = NULL;
        expect(SX_PDU_BYTES, 0);
        c = ASC_createAssociationParameters(&params, SX_PDU_BYTES);
        if (c.good()) c = describe(params);
        if (c.good())
            c = ASC_requestAssociation(network_, params, &association_, NULL, NULL, DUL_NOBLOCK,
                                       remote_.message_seconds);
        else if (params)
            (void)ASC_destroyAssociationParameters(&params);
        if (c.good()) return true;
        explain(c, sent, reason);
        if (association_) (void)ASC_destroyAssociation(&association_);
        association_ = NULL;
        return false;
    }

    // 0: the other end did not accept the class.
    T_ASC_PresentationContextID context(const char *sop_class) const {
        return ASC_findAcceptedPresentationContextID(association_, sop_class);
    }

    T_ASC_Association *get() const {
        return association_;
    }
    // After a message that failed, the state of the other end is unknown.
    void abort() {
        if (association_) (void)ASC_abortAssociation(association_);
        drop();
    }

  private:
    OFCondition secure() {
        LimitedLayer<DcmTLSTransportLayer> *layer = new LimitedLayer<DcmTLSTransportLayer>(
            NET_REQUESTOR, static_cast<const char *>(NULL), OFFalse);
        layer_.reset(layer);
        limit_ = &layer->limit;
        const OFCondition c = sx_dcmtk_set_up_tls(*layer, *remote_.tls);
        return c.good() ? ASC_setTransportLayer(network_, layer, 0) : c;
    }

    OFCondition bound() {
        LimitedLayer<DcmTransportLayer> *layer = new LimitedLayer<DcmTransportLayer>();
        layer_.reset(layer);
        limit_ = &layer->limit;
        return ASC_setTransportLayer(network_, layer, 0);
    }

    OFCondition describe(T_ASC_Parameters *params) {
        char there[300];
        static const char *syntaxes[] = { UID_LittleEndianExplicitTransferSyntax };
        std::snprintf(there, sizeof there, "%s:%d", remote_.host, remote_.port);
        OFCondition c = ASC_setAPTitles(params, remote_.our_title, remote_.ae_title, NULL);
        if (c.good()) c = ASC_setTransportLayerType(params, remote_.tls ? OFTrue : OFFalse);
        if (c.good()) c = ASC_setPresentationAddresses(params, "localhost", there);
        T_ASC_PresentationContextID id = 1;
        for (size_t i = 0; c.good() && i < classes_.size() && id < 255; i++, id += 2)
            c = ASC_addPresentationContext(params, id, classes_[i].c_str(), syntaxes, 1);
        return c;
    }

    void explain(const OFCondition &c, sx_sent *sent, std::string *reason) const {
        T_ASC_RejectParameters why;
        if (c == DUL_ASSOCIATIONREJECTED && association_) {
            OFString text;
            ASC_getRejectParameters(association_->params, &why);
            *sent =
                why.result == ASC_RESULT_REJECTEDPERMANENT ? SX_SENT_PERMANENT : SX_SENT_TRANSIENT;
            *reason = std::string("the association is refused: ") +
                      ASC_printRejectParameters(text, &why).c_str();
        } else {
            *sent = SX_SENT_TRANSIENT;
            *reason = this->reason(c);
        }
        std::replace(reason->begin(), reason->end(), '\n', ' ');
    }

    void end() {
        if (association_) expect(SX_COMMAND_BYTES, 0);
        if (association_) (void)ASC_releaseAssociation(association_);
        drop();
    }

    void drop() {
        if (!association_) return;
        (void)ASC_dropAssociation(association_);
        (void)ASC_destroyAssociation(&association_);
        association_ = NULL;
    }

    const sx_dicom_remote &remote_;
    std::vector<std::string> classes_;
    T_ASC_Network *network_ = NULL;
    T_ASC_Association *association_ = NULL;
    std::unique_ptr<DcmTransportLayer> layer_;
    ReadLimit *limit_ = NULL; // of the layer
};

template <typename F> bool guarded(sx_error *err, F &&work) {
    if (!sx_dcmtk_dictionary(err)) return false;
    try {
        sx_dcmtk_prepare_network();
        return work();
    } catch (...) {
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a DICOM association");
    }
}

bool fail_to_open(const sx_dicom_remote &r, sx_sent sent, const std::string &reason,
                  sx_error *err) {
    return sx_fail(err, sent == SX_SENT_PERMANENT ? SX_ERR_UNSUPPORTED : SX_ERR_IO,
                   "%s at %s:%d: %s", r.ae_title, r.host, r.port, reason.c_str());
}

bool fail_message(const sx_dicom_remote &r, Association &a, const OFCondition &c, sx_error *err) {
    const std::string reason = a.reason(c);
    a.abort();
    return fail_to_open(r, SX_SENT_TRANSIENT, reason, err);
}

void set(sx_send_item &item, sx_sent sent, const char *reason) {
    item.sent = sent;
    sx_format(item.reason, sizeof item.reason, "%s", reason);
}

// False: the association can no longer be used.
bool send_one(const sx_dicom_remote &r, Association &a, sx_send_item &item) {
    const T_ASC_PresentationContextID context = a.context(item.sop_class);
    if (!context) {
        set(item, SX_SENT_NO_CONTEXT, "the other end does not accept this kind of object");
        return true;
    }
    DcmInputBufferStream in;
    DcmFileFormat file;
    in.setBuffer(item.bytes, static_cast<offile_off_t>(item.n));
    in.setEos();
    file.transferInit();
    OFCondition c = file.read(in);
    file.transferEnd();
    if (c.bad()) {
        set(item, SX_SENT_PERMANENT, c.text());
        return true;
    }
    T_DIMSE_C_StoreRQ request = {};
    T_DIMSE_C_StoreRSP response = {};
    DcmDataset *detail = NULL;
    request.MessageID = a.get()->nextMsgID++;
    std::snprintf(request.AffectedSOPClassUID, sizeof request.AffectedSOPClassUID, "%s",
                  item.sop_class);
    std::snprintf(request.AffectedSOPInstanceUID, sizeof request.AffectedSOPInstanceUID, "%s",
                  item.sop_uid);
    request.DataSetType = DIMSE_DATASET_PRESENT;
    request.Priority = DIMSE_PRIORITY_MEDIUM;
    a.expect(SX_COMMAND_BYTES, item.n);
    c = DIMSE_storeUser(a.get(), context, &request, NULL, file.getDataset(), NULL, NULL,
                        DIMSE_NONBLOCKING, r.message_seconds, &response, &detail);
    delete detail;
    if (c.bad()) {
        set(item, SX_SENT_TRANSIENT, a.reason(c).c_str());
        a.abort();
        return false;
    }
    item.status = response.DimseStatus;
    set(item, sx_judge_store_status(item.status),
        item.status == STATUS_Success ? "" : DU_cstoreStatusString(response.DimseStatus));
    return true;
}

void send_all(const sx_dicom_remote &r, sx_send_item *items, size_t count) {
    Association a(r);
    sx_sent sent;
    std::string reason;
    for (size_t i = 0; i < count; i++)
        a.offer(items[i].sop_class);
    if (!a.open(&sent, &reason)) {
        for (size_t i = 0; i < count; i++)
            set(items[i], sent, reason.c_str());
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (!send_one(r, a, items[i])) return;
}

void put_ref(OFCondition &c, DcmItem &d, long index, const sx_send_item &item) {
    DcmItem *ref = NULL;
    if (c.good()) c = d.findOrCreateSequenceItem(DCM_ReferencedSOPSequence, ref, index);
    if (c.good()) c = ref->putAndInsertString(DCM_ReferencedSOPClassUID, item.sop_class);
    if (c.good()) c = ref->putAndInsertString(DCM_ReferencedSOPInstanceUID, item.sop_uid);
}

OFCondition act(const sx_dicom_remote &r, Association &a, DcmDataset &d, int *status) {
    T_DIMSE_Message request, response;
    std::memset(&request, 0, sizeof request);
    std::memset(&response, 0, sizeof response);
    request.CommandField = DIMSE_N_ACTION_RQ;
    T_DIMSE_N_ActionRQ &action = request.msg.NActionRQ;
    action.MessageID = a.get()->nextMsgID++;
    action.DataSetType = DIMSE_DATASET_PRESENT;
    action.ActionTypeID = 1; // request storage commitment
    std::snprintf(action.RequestedSOPClassUID, sizeof action.RequestedSOPClassUID, "%s",
                  UID_StorageCommitmentPushModelSOPClass);
    std::snprintf(action.RequestedSOPInstanceUID, sizeof action.RequestedSOPInstanceUID, "%s",
                  UID_StorageCommitmentPushModelSOPInstance);
    T_ASC_PresentationContextID id = a.context(UID_StorageCommitmentPushModelSOPClass);
    DcmDataset *detail = NULL;
    a.expect(SX_COMMAND_BYTES, 0);
    OFCondition c = DIMSE_sendMessageUsingMemoryData(a.get(), id, &request, NULL, &d, NULL, NULL);
    if (c.good())
        c = DIMSE_receiveCommand(a.get(), DIMSE_NONBLOCKING, r.message_seconds, &id, &response,
                                 &detail);
    delete detail;
    if (c.good() && response.CommandField != DIMSE_N_ACTION_RSP)
        c = makeDcmnetCondition(DIMSEC_UNEXPECTEDRESPONSE, OF_error,
                                "not the response to N-ACTION");
    if (c.good()) *status = response.msg.NActionRSP.DimseStatus;
    return c;
}

// The report of the request that was just made, if it comes on this association. What goes wrong
// here is no failure of the request: the report then comes to our server.
void wait_for_report(Association &a, const sx_commitment_wait &wait) {
    T_DIMSE_Message message;
    std::memset(&message, 0, sizeof message);
    T_ASC_PresentationContextID id = 0;
    DcmDataset *detail = NULL;
    a.expect(SX_COMMAND_BYTES + SX_REPORT_BYTES, 0);
    OFCondition c =
        DIMSE_receiveCommand(a.get(), DIMSE_NONBLOCKING, wait.seconds, &id, &message, &detail);
    delete detail;
    if (c == DIMSE_NODATAAVAILABLE) return;
    if (c.good() && message.CommandField != DIMSE_N_EVENT_REPORT_RQ) c = DIMSE_BADCOMMANDTYPE;
    if (c.good())
        c = sx_dcmtk_take_report(a.get(), id, message.msg.NEventReportRQ, wait.seconds,
                                 wait.committed, wait.user);
    if (c.bad()) a.abort();
}

struct Query {
    Association &association;
    const char *sop_uid;
    bool found;
    int matches;
};

// Some answer with more than they are asked for.
void take_match(void *user, T_DIMSE_C_FindRQ *, int, T_DIMSE_C_FindRSP *response,
                DcmDataset *match) {
    Query &q = *static_cast<Query *>(user);
    const char *uid = NULL;
    if (!match || !DICOM_PENDING_STATUS(response->DimseStatus)) return;
    if (match->findAndGetString(DCM_SOPInstanceUID, uid).good() && uid &&
        std::strcmp(uid, q.sop_uid) == 0)
        q.found = true;
    if (++q.matches >= MOST_MATCHES) q.association.refuse_more();
}

OFCondition find(const sx_dicom_remote &r, Query &q, DcmDataset &keys, int *status) {
    Association &a = q.association;
    T_DIMSE_C_FindRQ request = {};
    T_DIMSE_C_FindRSP response = {};
    DcmDataset *detail = NULL;
    int matches = 0;
    request.MessageID = a.get()->nextMsgID++;
    request.DataSetType = DIMSE_DATASET_PRESENT;
    request.Priority = DIMSE_PRIORITY_MEDIUM;
    std::snprintf(request.AffectedSOPClassUID, sizeof request.AffectedSOPClassUID, "%s",
                  UID_FINDStudyRootQueryRetrieveInformationModel);
    a.expect(MATCH_BYTES, 0);
    const OFCondition c = DIMSE_findUser(
        a.get(), a.context(UID_FINDStudyRootQueryRetrieveInformationModel), &request, &keys,
        matches, take_match, &q, DIMSE_NONBLOCKING, r.message_seconds, &response, &detail);
    delete detail;
    if (c.good()) *status = response.DimseStatus;
    return c;
}

// Opens an association for one class; false with the error.
bool open_for(const sx_dicom_remote &r, Association &a, const char *sop_class, sx_error *err) {
    sx_sent sent;
    std::string reason;
    a.offer(sop_class);
    if (!a.open(&sent, &reason)) return fail_to_open(r, sent, reason, err);
    if (a.context(sop_class)) return true;
    return fail_to_open(r, SX_SENT_PERMANENT, "the service is not offered there", err);
}

bool check_status(const sx_dicom_remote &r, int status, sx_error *err) {
    if (status == STATUS_Success) return true;
    char text[32];
    std::snprintf(text, sizeof text, "status %04x", static_cast<unsigned>(status));
    return fail_to_open(r, SX_SENT_TRANSIENT, text, err);
}

} // namespace

extern "C" void sx_dicom_send(const sx_dicom_remote *remote, sx_send_item *items, size_t count) {
    sx_error err = {};
    for (size_t i = 0; i < count; i++) {
        items[i].status = 0;
        set(items[i], SX_SENT_NOT, "");
    }
    if (guarded(&err, [&] {
            send_all(*remote, items, count);
            return true;
        }))
        return;
    for (size_t i = 0; i < count; i++)
        if (items[i].sent == SX_SENT_NOT) set(items[i], SX_SENT_TRANSIENT, err.message);
}

extern "C" bool sx_dicom_echo(const sx_dicom_remote *remote, sx_error *err) {
    return guarded(err, [&] {
        Association a(*remote);
        DIC_US status = STATUS_Success;
        DcmDataset *detail = NULL;
        if (!open_for(*remote, a, UID_VerificationSOPClass, err)) return false;
        a.expect(SX_COMMAND_BYTES, 0);
        const OFCondition c = DIMSE_echoUser(a.get(), a.get()->nextMsgID++, DIMSE_NONBLOCKING,
                                             remote->message_seconds, &status, &detail);
        delete detail;
        if (c.bad()) return fail_message(*remote, a, c, err);
        return check_status(*remote, status, err);
    });
}

extern "C" bool sx_dicom_request_commitment(const sx_dicom_remote *remote, const char *transaction,
                                            const sx_send_item *items, size_t count,
                                            const sx_commitment_wait *wait, sx_error *err) {
    return guarded(err, [&] {
        Association a(*remote);
        DcmDataset d;
        int status = 0;
        OFCondition c = d.putAndInsertString(DCM_TransactionUID, transaction);
        for (size_t i = 0; i < count; i++)
            put_ref(c, d, static_cast<long>(i), items[i]);
        if (c.bad()) return sx_dcmtk_fail(err, SX_ERR_INTERNAL, "a request of commitment", c);
        if (!open_for(*remote, a, UID_StorageCommitmentPushModelSOPClass, err)) return false;
        c = act(*remote, a, d, &status);
        if (c.bad()) return fail_message(*remote, a, c, err);
        if (!check_status(*remote, status, err)) return false;
        if (wait) wait_for_report(a, *wait);
        return true;
    });
}

extern "C" bool sx_dicom_find(const sx_dicom_remote *remote, const char *study_uid,
                              const char *series_uid, const char *sop_uid, bool *found,
                              sx_error *err) {
    *found = false;
    return guarded(err, [&] {
        Association a(*remote);
        DcmDataset keys;
        int status = 0;
        OFCondition c = keys.putAndInsertString(DCM_QueryRetrieveLevel, "IMAGE");
        if (c.good()) c = keys.putAndInsertString(DCM_StudyInstanceUID, study_uid);
        if (c.good()) c = keys.putAndInsertString(DCM_SeriesInstanceUID, series_uid);
        if (c.good()) c = keys.putAndInsertString(DCM_SOPInstanceUID, sop_uid);
        if (c.bad()) return sx_dcmtk_fail(err, SX_ERR_INTERNAL, "a query", c);
        if (!open_for(*remote, a, UID_FINDStudyRootQueryRetrieveInformationModel, err))
            return false;
        Query q = { a, sop_uid, false, 0 };
        c = find(*remote, q, keys, &status);
        if (c.bad()) return fail_message(*remote, a, c, err);
        *found = q.found;
        return check_status(*remote, status, err);
    });
}
