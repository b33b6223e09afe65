// The bridge to DCMTK's network part for the server.
#include "service/net/association.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/scpthrd.h>
#include <dcmtk/dcmtls/tlslayer.h>

#include "base/random.h"
#include "base/str.h"
#include "dicom/dcmtk_dictionary.h"
#include "service/net/commitment_report.h"
#include "service/net/dcmtk_net.h"
#include "service/net/limited_connection.h"

namespace {

// DCMTK takes a socket that is open already from a global variable. It has read the variable when
// it asks the transport layer for a connection; until then no other thread may set it.
std::mutex handover;

template <typename Layer> class HandoverLayer : public LimitedLayer<Layer> {
  public:
    template <typename... Args>
    explicit HandoverLayer(Args... args) : LimitedLayer<Layer>(args...) {}
    DcmTransportConnection *createConnection(DcmNativeSocketType socket, OFBool secure) override {
        taken = true;
        lock.unlock();
        return LimitedLayer<Layer>::createConnection(socket, secure);
    }
    std::unique_lock<std::mutex> lock{ handover, std::defer_lock };
    bool taken = false; // DCMTK closes the socket
};

class Server : public DcmThreadSCP {
  public:
    // `left`: the bytes that may still be read from the connection.
    Server(const sx_dicom_server_options &o, const sx_association &connection,
           T_ASC_Association *association, int64_t &left)
        : o_(o), connection_(connection), association_(association), left_(left) {
        std::snprintf(peer_.address, sizeof peer_.address, "%s", connection.address);
    }

    OFCondition configure() {
        setAETitle(o_.ae_title);
        setMaxReceivePDULength(SX_PDU_BYTES);
        setDIMSEBlockingMode(DIMSE_NONBLOCKING);
        setDIMSETimeout(static_cast<Uint32>(o_.idle_seconds));
        setACSETimeout(static_cast<Uint32>(o_.message_seconds));
        setHostLookupEnabled(OFFalse);
        OFList<OFString> syntaxes, plain;
        for (size_t i = 0; o_.syntaxes[i]; i++)
            syntaxes.push_back(o_.syntaxes[i]);
        plain.push_back(UID_LittleEndianExplicitTransferSyntax);
        plain.push_back(UID_LittleEndianImplicitTransferSyntax);
        OFCondition c = setEnableVerification();
        for (size_t i = 0; c.good() && o_.classes[i]; i++)
            c = addPresentationContext(o_.classes[i], syntaxes);
        if (c.good() && o_.committed)
            c = addPresentationContext(UID_StorageCommitmentPushModelSOPClass, plain,
                                       ASC_SC_ROLE_SCP);
        return c;
    }

    void expect_command() {
        left_ = SX_COMMAND_BYTES;
        expect(o_.idle_seconds + o_.message_seconds);
    }

  protected:
    OFBool checkCalledAETitleAccepted(const OFString &title) override {
        std::snprintf(peer_.called, sizeof peer_.called, "%s", title.c_str());
        return title == o_.ae_title;
    }

    OFBool checkCallingAETitleAccepted(const OFString &title) override {
        std::snprintf(peer_.calling, sizeof peer_.calling, "%s", title.c_str());
        for (size_t i = 0; i < o_.calling_count; i++)
            if (title == o_.calling[i]) return OFTrue;
        return o_.calling_count == 0;
    }

    OFCondition handleIncomingCommand(T_DIMSE_Message *message,
                                      const DcmPresentationContextInfo &info) override {
        expect(o_.message_seconds); // its data set
        const OFCondition c = handle(message, info);
        expect_command();
        return c;
    }

    // The bytes of the data set that is being received, so far. What is refused is read to its end,
    // so that the sender hears why, but takes no room on the disk.
    void notifyRECEIVEProgress(const unsigned long bytes) override {
        const int64_t n = static_cast<int64_t>(bytes);
        if (path_.empty()) return;
        if (n >= next_pace_) {
            next_pace_ = n + PACE_BYTES;
            expect(o_.message_seconds);
        }
        if (!stopped_ && o_.most_bytes && n > o_.most_bytes) stopped_ = SX_STORE_NOT_UNDERSTOOD;
        if (!stopped_ && o_.room && n >= next_look_) {
            next_look_ = n + LOOK_BYTES;
            if (!o_.room(o_.user)) stopped_ = SX_STORE_OUT_OF_RESOURCES;
        }
        if (stopped_ && n >= next_cut_) {
            next_cut_ = n + CUT_BYTES;
            (void)!truncate(path_.c_str(), 0); // later writes leave a hole before them
        }
        if (o_.most_bytes && n / 4 > o_.most_bytes) (void)shutdown(connection_.socket, SHUT_RD);
    }

  private:
    enum { LOOK_BYTES = 8 << 20, CUT_BYTES = 1 << 20 };
    enum { PACE_BYTES = 1 << 16 }; // at least so many in `message_seconds`

    void expect(double seconds) {
        sx_watch_expect(connection_.watch, connection_.watched, seconds);
    }

    OFCondition handle(T_DIMSE_Message *message, const DcmPresentationContextInfo &info) {
        if (message->CommandField == DIMSE_C_STORE_RQ) return store(message->msg.CStoreRQ, info);
        if (message->CommandField == DIMSE_N_EVENT_REPORT_RQ && o_.committed) {
            left_ = SX_REPORT_BYTES + SX_PDU_BYTES;
            return sx_dcmtk_take_report(association_, info.presentationContextID,
                                        message->msg.NEventReportRQ, o_.idle_seconds, o_.committed,
                                        o_.user);
        }
        return DcmThreadSCP::handleIncomingCommand(message, info);
    }

    bool new_path(char *path, size_t size) const {
        char name[SX_RANDOM_NAME];
        return sx_random_name(name, NULL) && std::snprintf(path, size, "%s/incoming-%s", o_.folder,
                                                           name) < static_cast<int>(size);
    }

    OFCondition store(T_DIMSE_C_StoreRQ &request, const DcmPresentationContextInfo &info) {
        char path[4096];
        if (!new_path(path, sizeof path)) return DIMSE_OUTOFRESOURCES;
        path_ = path;
        // a class that was not negotiated (PS3.7 9.1.1.1.9)
        stopped_ = info.abstractSyntax == request.AffectedSOPClassUID ? 0 : SX_STORE_NO_CLASS;
        next_look_ = next_cut_ = next_pace_ = 0;
        left_ = INT64_MAX; // notifyRECEIVEProgress counts them
        OFCondition c = receiveSTORERequest(request, info.presentationContextID, path);
        path_.clear();
        expect(0); // our own work takes as long as it takes
        int status = SX_STORE_OUT_OF_RESOURCES;
        const sx_dicom_incoming incoming = { path, request.AffectedSOPClassUID,
                                             request.AffectedSOPInstanceUID,
                                             info.acceptedTransferSyntax.c_str(), &peer_ };
        if (stopped_) {
            status = stopped_;
            if (o_.stopped) o_.stopped(o_.user, &incoming, status);
        } else if (c.good()) {
            status = o_.store(o_.user, &incoming);
        }
        (void)unlink(path);
        if (c.bad() && c != DIMSE_OUTOFRESOURCES) return c;
        const OFCondition sent =
            sendSTOREResponse(info.presentationContextID, request, static_cast<Uint16>(status));
        return c.good() ? sent : c; // after a disk that was full the rest of the data is unread
    }

    const sx_dicom_server_options &o_;
    const sx_association &connection_;
    T_ASC_Association *association_;
    int64_t &left_;
    sx_dicom_peer peer_ = {};
    std::string path_; // of the data set that is being received; "": none
    int stopped_ = 0;  // the status with which it is refused
    int64_t next_look_ = 0, next_cut_ = 0, next_pace_ = 0;
};

void refuse_for_now(T_ASC_Association *association) {
    const T_ASC_RejectParameters why = { ASC_RESULT_REJECTEDTRANSIENT,
                                         ASC_SOURCE_SERVICEPROVIDER_PRESENTATION_RELATED,
                                         ASC_REASON_SP_PRES_LOCALLIMITEXCEEDED };
    (void)ASC_rejectAssociation(association, &why);
    (void)ASC_dropAssociation(association);
    (void)ASC_destroyAssociation(&association);
}

// Receives the A-ASSOCIATE-RQ. The network takes no part in it but for its transport layer.
template <typename Layer>
void serve(const sx_dicom_server_options &o, const sx_association &connection,
           HandoverLayer<Layer> &layer, bool secure) {
    T_ASC_Network *network = NULL;
    T_ASC_Association *association = NULL;
    layer.lock.lock();
    dcmExternalSocketHandle.set(connection.socket);
    OFCondition c = ASC_initializeNetwork(NET_ACCEPTOR, 0, o.message_seconds, &network);
    if (c.good()) c = ASC_setTransportLayer(network, &layer, 0);
    if (c.good())
        c = ASC_receiveAssociation(network, &association, SX_PDU_BYTES, NULL, NULL, secure,
                                   DUL_NOBLOCK, o.message_seconds);
    if (layer.lock.owns_lock()) layer.lock.unlock();
    if (!layer.taken) close(connection.socket);
    if (c.bad() && association) {
        (void)ASC_dropAssociation(association);
        (void)ASC_destroyAssociation(&association);
    } else if (c.good() && connection.full) {
        refuse_for_now(association);
    } else if (c.good()) {
        Server server(o, connection, association, layer.limit.left);
        server.expect_command();
        if (server.configure().good())
            (void)server.run(association); // which destroys the association
        else
            refuse_for_now(association);
    }
    if (network) (void)ASC_dropNetwork(&network);
}

} // namespace

extern "C" void sx_association_serve(const sx_dicom_server_options *o,
                                     const sx_association *connection) {
    bool given = false;
    try {
        if (sx_dcmtk_dictionary(NULL)) {
            sx_dcmtk_prepare_network();
            if (o->tls) {
                HandoverLayer<DcmTLSTransportLayer> layer(NET_ACCEPTOR,
                                                          static_cast<const char *>(NULL), OFFalse);
                if (sx_dcmtk_set_up_tls(layer, *o->tls).good()) {
                    given = true;
                    serve(*o, *connection, layer, true);
                }
            } else {
                HandoverLayer<DcmTransportLayer> layer;
                given = true;
                serve(*o, *connection, layer, false);
            }
        }
    } catch (...) { // no memory: the association ends, the server goes on
    }
    if (!given) close(connection->socket);
}

extern "C" bool sx_association_check_tls(const sx_dicom_tls *tls, sx_error *err) {
    try {
        sx_dcmtk_prepare_network();
        DcmTLSTransportLayer layer(NET_ACCEPTOR, NULL, OFFalse);
        const OFCondition c = sx_dcmtk_set_up_tls(layer, *tls);
        return c.good() || sx_fail(err, SX_ERR_FORMAT, "TLS with the certificate %s: %s",
                                   tls->certificate, c.text());
    } catch (...) {
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for TLS");
    }
}
