// operator new, which AddressSanitizer would take from under malloc otherwise. The call is counted
// for the caller that needs the object.
#include <cstdlib>
#include <new>

#include "alloc/alloc_fail.h"

#define CALLER __builtin_return_address(0)

static void *take(std::size_t n, const void *caller) {
    return alloc_fail_refuses(caller) ? nullptr : alloc_fail_malloc(n ? n : 1, caller);
}

void *operator new(std::size_t n) {
    void *p = take(n, CALLER);
    if (!p) throw std::bad_alloc();
    return p;
}
void *operator new[](std::size_t n) {
    void *p = take(n, CALLER);
    if (!p) throw std::bad_alloc();
    return p;
}
void *operator new(std::size_t n, const std::nothrow_t &) noexcept {
    return take(n, CALLER);
}
void *operator new[](std::size_t n, const std::nothrow_t &) noexcept {
    return take(n, CALLER);
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
void operator delete(void *p, const std::nothrow_t &) noexcept {
    std::free(p);
}
void operator delete[](void *p, const std::nothrow_t &) noexcept {
    std::free(p);
}
