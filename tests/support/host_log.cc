#include <dcmtk/config/osconfig.h>

#include <dcmtk/oflog/appender.h>
#include <dcmtk/oflog/logger.h>
#include <dcmtk/oflog/oflog.h>
#include <dcmtk/oflog/spi/logevent.h>

extern "C" {
#include "support/host_log.h"
}

namespace log4cplus = dcmtk::log4cplus;

static int heard;

class Listener : public log4cplus::Appender {
  public:
    ~Listener() override {
        destructorImpl();
    }
    void close() override {}

  protected:
    void append(const log4cplus::spi::InternalLoggingEvent &) override {
        heard++;
    }
};

void host_log_begin(void) {
    OFLog::configure(OFLogger::INFO_LOG_LEVEL);
    log4cplus::Logger root = log4cplus::Logger::getRoot();
    root.removeAllAppenders();
    root.addAppender(log4cplus::SharedAppenderPtr(new Listener));
}

void host_log_say(const char *message) {
    OFLogger host = OFLog::getLogger("host.viewer");
    OFLOG_INFO(host, message);
}

int host_log_heard(void) {
    return heard;
}
