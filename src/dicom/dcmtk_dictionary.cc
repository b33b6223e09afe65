#include "dicom/dcmtk_dictionary.h"

#include <atomic>
#include <mutex>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "base/mem.h"

namespace {

std::atomic<bool> loaded(false);
std::mutex lock;
const size_t spare_bytes = static_cast<size_t>(16) << 20; // it takes 6 MB

void load() {
    std::lock_guard<std::mutex> held(lock);
    if (loaded || !sx_memory_to_spare(spare_bytes)) return;
    try {
        (void)dcmDataDict.isDictionaryLoaded();
        loaded = true;
    } catch (...) {
        // It is loaded under DCMTK's write lock, which an exception leaves locked by this thread.
        dcmDataDict.wrunlock();
    }
}

} // namespace

extern "C" bool sx_dcmtk_dictionary(sx_error *err) {
    if (!loaded) load();
    return loaded || sx_fail(err, SX_ERR_MEMORY, "out of memory for DCMTK's data dictionary");
}
