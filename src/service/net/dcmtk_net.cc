#include "service/net/dcmtk_net.h"

#include <mutex>

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
