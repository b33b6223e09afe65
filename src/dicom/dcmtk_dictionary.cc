#include "dicom/dcmtk_dictionary.h"

#include <atomic>
#include <mutex>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include "base/mem.h"

namespace {

enum State { UNTRIED, LOADED, FAILED };
std::atomic<State> state(UNTRIED);
std::mutex lock;
const size_t spare_bytes = static_cast<size_t>(16) << 20; // it takes 6 MB

void load() {
    std::lock_guard<std::mutex> held(lock);
    if (state != UNTRIED || !sx_memory_to_spare(spare_bytes)) return;
    try {
        (void)dcmDataDict.isDictionaryLoaded();
        state = LOADED;
    } catch (...) {
        state = FAILED;
    }
}

} // namespace

bool sx_dcmtk_dictionary(sx_error *err) {
    if (state == UNTRIED) load();
    return state == LOADED ||
           sx_fail(err, SX_ERR_MEMORY, "out of memory for DCMTK's data dictionary");
}
