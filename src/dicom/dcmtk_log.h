// DCMTK's messages. For the bridges (C++).
#ifndef SX_DICOM_DCMTK_LOG_H
#define SX_DICOM_DCMTK_LOG_H

#include <mutex>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/oflog/logger.h>

// DCMTK logs to stderr unless told otherwise, and what goes wrong comes back as a condition. Only
// DCMTK's own loggers are silenced: the root is left to a host that logs through OFLog too.
inline void sx_dcmtk_silence() {
    static std::once_flag once;
    std::call_once(once, [] {
        dcmtk::log4cplus::Logger::getInstance("dcmtk").setLogLevel(dcmtk::log4cplus::OFF_LOG_LEVEL);
    });
}

#endif
