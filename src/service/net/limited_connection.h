// A bound on what a peer can make DCMTK keep in memory (C++).
#ifndef SX_SERVICE_NET_LIMITED_CONNECTION_H
#define SX_SERVICE_NET_LIMITED_CONNECTION_H

#include <algorithm>
#include <cstdint>
#include <memory>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmnet/dcmtrans.h>

// A connection whose reader sees its end after *left bytes. DCMTK collects a command in memory,
// whatever its length, and says nothing of it before it is whole. Everything else is done by the
// connection that it holds, which it owns.
class LimitedConnection : public DcmTransportConnection {
  public:
    // `left` must outlive the connection.
    LimitedConnection(DcmNativeSocketType socket, DcmTransportConnection *held, int64_t *left)
        : DcmTransportConnection(socket), held_(held), left_(left) {}

    ssize_t read(void *buffer, size_t size) override {
        const int64_t most = std::min(static_cast<int64_t>(size), *left_);
        const ssize_t n = most > 0 ? held_->read(buffer, static_cast<size_t>(most)) : 0;
        if (n > 0) *left_ -= n;
        return n;
    }

    OFCondition serverSideHandshake() override {
        return held_->serverSideHandshake();
    }
    OFCondition clientSideHandshake() override {
        return held_->clientSideHandshake();
    }
    OFCondition renegotiate(const char *suite) override {
        return held_->renegotiate(suite);
    }
    ssize_t write(void *buffer, size_t size) override {
        return held_->write(buffer, size);
    }
    void close() override {
        held_->close();
    }
    void closeTransportConnection() override {
        held_->closeTransportConnection();
    }
    unsigned long getPeerCertificateLength() override {
        return held_->getPeerCertificateLength();
    }
    unsigned long getPeerCertificate(void *buffer, unsigned long size) override {
        return held_->getPeerCertificate(buffer, size);
    }
    OFBool networkDataAvailable(int timeout) override {
        return held_->networkDataAvailable(timeout);
    }
    OFBool isTransparentConnection() override {
        return held_->isTransparentConnection();
    }
    using DcmTransportConnection::dumpConnectionParameters;
    OFString &dumpConnectionParameters(OFString &text) override {
        return held_->dumpConnectionParameters(text);
    }

  private:
    std::unique_ptr<DcmTransportConnection> held_;
    int64_t *left_;
};

#endif
