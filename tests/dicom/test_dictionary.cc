// DCMTK's data dictionary: when memory runs out while it is loaded, the next call loads it.
#include <cstdio>
#include <cstdlib>
#include <new>

#include "dicom/dcmtk_dictionary.h"
#include "dicom/deid.h"

static long left = -1; // allocations until one fails; -1: none does

static void *take(std::size_t n) {
    if (left == 0) throw std::bad_alloc();
    if (left > 0) left--;
    void *p = std::malloc(n ? n : 1);
    if (!p) throw std::bad_alloc();
    return p;
}

void *operator new(std::size_t n) {
    return take(n);
}
void *operator new[](std::size_t n) {
    return take(n);
}
void operator delete(void *p) noexcept {
    std::free(p);
}
void operator delete[](void *p) noexcept {
    std::free(p);
}
void operator delete(void *p, std::size_t) noexcept {
    std::free(p);
}
void operator delete[](void *p, std::size_t) noexcept {
    std::free(p);
}

static int complain(const char *what, long at) {
    std::fprintf(stderr, "%s (allocation %ld)\n", what, at);
    return 1;
}

int main() {
    int failures = 0;
    bool ok = false;
    for (long at = 0; !ok && at < 1L << 40; at = 2 * at + 1) {
        sx_error err = {};
        left = at;
        ok = sx_dcmtk_dictionary(&err);
        left = -1;
        if (!ok && err.code != SX_ERR_MEMORY) return complain("another error than memory", at);
        failures += !ok;
    }
    if (!ok) return complain("never loaded", failures);
    if (failures < 3) return complain("hardly any call failed", failures);
    sx_error err = {};
    if (!sx_deid_dictionary(&err)) return complain(err.message, 0);
    return sx_deid_vr_is_due(0x00100010, "PN") ? 0 : complain("Patient's Name is no PN", 0);
}
