// A bound on what a peer can make DCMTK keep in memory (C++).
#ifndef SX_SERVICE_NET_LIMITED_CONNECTION_H
#define SX_SERVICE_NET_LIMITED_CONNECTION_H

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/dcmtrans.h>

// The largest PDU that we announce. A command has some hundred bytes; its last PDU may hold the
// beginning of the data set.
enum { SX_PDU_BYTES = 131072, SX_COMMAND_BYTES = SX_PDU_BYTES + (16 << 10) };

// What may be read from a connection.
struct ReadLimit {
    int64_t left = INT64_MAX; // bytes
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
    bool exceeded = false;
};

// A connection whose reader sees its end when a limit is reached. DCMTK collects a command in
// memory, whatever its length, and says nothing of it before it is whole; it waits for each piece
// of a message anew. Everything else is done by the connection that it holds, which it owns.
class LimitedConnection : public DcmTransportConnection {
  public:
    // The limit must outlive the connection.
    LimitedConnection(DcmNativeSocketType socket, DcmTransportConnection *held, ReadLimit &limit)
        : DcmTransportConnection(socket), held_(held), limit_(limit) {}

    ssize_t read(void *buffer, size_t size) override {
        const int64_t most = std::min(static_cast<int64_t>(size), limit_.left);
        if (most <= 0 || std::chrono::steady_clock::now() > limit_.until) {
            limit_.exceeded = true;
            return 0;
        }
        const ssize_t n = held_->read(buffer, static_cast<size_t>(most));
        if (n > 0) limit_.left -= n;
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
    ReadLimit &limit_;
};

// A transport layer whose connections have a limit, which is common to them.
template <typename Layer> class LimitedLayer : public Layer {
  public:
    template <typename... Args> explicit LimitedLayer(Args... args) : Layer(args...) {}
    DcmTransportConnection *createConnection(DcmNativeSocketType socket, OFBool secure) override {
        DcmTransportConnection *c = Layer::createConnection(socket, secure);
        return c ? new LimitedConnection(socket, c, limit) : NULL;
    }
    ReadLimit limit;
};

#endif
