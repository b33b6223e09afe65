#include "service/net/dcmtk_net.h"

#include <mutex>
#include <vector>

#include <dcmtk/dcmnet/dul.h>
#include <dcmtk/ofstd/ofstd.h>

#include "dicom/dcmtk_log.h"

void sx_dcmtk_prepare_network() {
    static std::once_flag once;
    std::call_once(once, [] {
        sx_dcmtk_silence();
        OFStandard::initializeNetwork();
        dcmDisableGethostbyaddr.set(OFTrue); // no reverse DNS: it may block for seconds
        dcmConnectionTimeout.set(15);
        DcmTLSTransportLayer::initializeOpenSSL();
    });
}

OFCondition sx_dcmtk_set_up_tls(DcmTLSTransportLayer &layer, const sx_dicom_tls &tls) {
    OFCondition c = layer.setTLSProfile(TSP_Profile_BCP195_ND);
    if (c.good()) c = layer.activateCipherSuites();
    if (c.good()) c = layer.setPrivateKeyFile(tls.key, DCF_Filetype_PEM);
    if (c.good()) c = layer.setCertificateFile(tls.certificate, DCF_Filetype_PEM);
    if (c.good() && !layer.checkPrivateKeyMatchesCertificate())
        c = makeOFCondition(OFM_dcmtls, 99, OF_error, "the key is not that of the certificate");
    if (c.good() && tls.trusted) c = layer.addTrustedCertificateFile(tls.trusted, DCF_Filetype_PEM);
    layer.setCertificateVerification(tls.trusted ? DCV_requireCertificate : DCV_ignoreCertificate);
    return c;
}

namespace {

struct Item {
    OFString sop_class, sop_uid;
    bool committed;
    int reason;
};

void collect(DcmDataset &d, const DcmTagKey &tag, bool committed, std::vector<Item> &items) {
    DcmItem *item = NULL;
    for (long i = 0; d.findAndGetSequenceItem(tag, item, i).good() && item; i++) {
        Item one = { "", "", committed, 0 };
        Uint16 reason = 0;
        item->findAndGetOFString(DCM_ReferencedSOPClassUID, one.sop_class);
        item->findAndGetOFString(DCM_ReferencedSOPInstanceUID, one.sop_uid);
        if (!committed && item->findAndGetUint16(DCM_FailureReason, reason).good())
            one.reason = reason;
        items.push_back(one);
    }
}

} // namespace

bool sx_dcmtk_take_report(DcmDataset *data, sx_committed_fn *committed, void *user) {
    OFString transaction;
    std::vector<Item> items;
    std::vector<sx_dicom_committed> list;
    if (!data || data->findAndGetOFString(DCM_TransactionUID, transaction).bad()) return false;
    collect(*data, DCM_ReferencedSOPSequence, true, items);
    collect(*data, DCM_FailedSOPSequence, false, items);
    for (const Item &i : items)
        list.push_back({ i.sop_class.c_str(), i.sop_uid.c_str(), i.committed, i.reason });
    return committed(user, transaction.c_str(), list.data(), list.size());
}
