#define _GNU_SOURCE
#include "alloc/alloc_fail.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- which call fails ---- */

enum { MAX_RANGES = 64, DEPTH = 9 };

static atomic_bool armed, happened;
static atomic_size_t calls;
static bool onward;
static size_t target, room;
static uint64_t *record;
static int trace_fd = -1;
static _Thread_local bool inside;
static pthread_t owner;

/* There under a sanitizer. */
extern void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

static struct range { uintptr_t begin, end; } excused[MAX_RANGES];
static int excused_count;

/* The address ranges of libraries whose calls never fail. */
static int find_excused(struct dl_phdr_info *info, size_t size, void *user) {
    static const char *const names[] = { "/ld-linux", "/libgomp.",     "/libomp.",
                                         "/libdnnl.", "/libpixman-1.", "/libcairo." };
    (void)size, (void)user;
    bool is_one = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        is_one = is_one || strstr(info->dlpi_name, names[i]);
    for (int i = 0; is_one && i < info->dlpi_phnum && excused_count < MAX_RANGES; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD) continue;
        const uintptr_t begin = info->dlpi_addr + p->p_vaddr;
        excused[excused_count++] = (struct range){ begin, begin + p->p_memsz };
    }
    return 0;
}

void alloc_fail_arm(size_t n, bool all_later) {
    void *frames[DEPTH];
    if (!excused_count) dl_iterate_phdr(find_excused, NULL);
    if (record) backtrace(frames, DEPTH); /* its first call loads a library */
    target = n;
    onward = all_later;
    calls = 0;
    happened = false;
    owner = pthread_self();
    armed = true;
}

size_t alloc_fail_disarm(void) {
    armed = false;
    return calls;
}

bool alloc_fail_happened(void) {
    return happened;
}

void alloc_fail_record(uint64_t *to, size_t count) {
    record = to;
    room = count;
}

void alloc_fail_trace(int fd) {
    trace_fd = fd;
}

static void print_callers(void) {
    void *frames[3 * DEPTH];
    inside = true;
    backtrace_symbols_fd(frames, backtrace(frames, 3 * DEPTH), trace_fd);
    inside = false;
}

static uint64_t hash_of_caller(void) {
    void *frames[DEPTH];
    const int n = backtrace(frames, DEPTH);
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (int i = 2; i < n; i++)
        h = (h ^ (uint64_t)(uintptr_t)frames[i]) * UINT64_C(0x100000001b3);
    return h;
}

bool alloc_fail_refuses(const void *caller) {
    if (!armed || inside) return false;
    if (__sanitizer_set_report_fd && !pthread_equal(owner, pthread_self())) return false;
    for (int i = 0; i < excused_count; i++)
        if ((uintptr_t)caller >= excused[i].begin && (uintptr_t)caller < excused[i].end)
            return false;
    const size_t number = ++calls;
    if (record && number <= room) {
        inside = true;
        record[number - 1] = hash_of_caller();
        inside = false;
    }
    const bool refused = number == target || (onward && target && number > target);
    if (refused) {
        happened = true;
        if (trace_fd >= 0) print_callers();
        errno = ENOMEM;
    }
    return refused;
}

/* ---- the allocator behind ---- */

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*memalign)(size_t, size_t);
    void (*free)(void *);
} next;

/* dlsym may allocate before it has found an allocator. */
static _Alignas(16) char early[65536];
static size_t early_used;
static bool finding;

static void *find(const char *name) {
    void *p = dlsym(RTLD_NEXT, name);
    if (!p) _exit(99);
    return p;
}

static bool ready(void) {
    if (next.free) return true;
    if (finding) return false;
    finding = true;
    /* ISO C has no conversion from an object's address to a function's */
    *(void **)&next.malloc = find("malloc");
    *(void **)&next.calloc = find("calloc");
    *(void **)&next.realloc = find("realloc");
    *(void **)&next.aligned_alloc = find("aligned_alloc");
    *(void **)&next.posix_memalign = find("posix_memalign");
    *(void **)&next.memalign = find("memalign");
    *(void **)&next.free = find("free");
    finding = false;
    return true;
}

static void *take_early(size_t n) {
    if (n > sizeof early - early_used) return NULL;
    void *p = early + early_used;
    early_used += (n + 15) / 16 * 16;
    return p;
}

static bool is_early(const void *p) {
    return (const char *)p >= early && (const char *)p < early + sizeof early;
}

void *alloc_fail_malloc(size_t n) {
    return ready() ? next.malloc(n) : take_early(n);
}

void *malloc(size_t n) {
    if (!ready()) return take_early(n);
    return alloc_fail_refuses(__builtin_return_address(0)) ? NULL : next.malloc(n);
}

void *calloc(size_t count, size_t n) {
    size_t bytes;
    if (!ready()) return __builtin_mul_overflow(count, n, &bytes) ? NULL : take_early(bytes);
    return alloc_fail_refuses(__builtin_return_address(0)) ? NULL : next.calloc(count, n);
}

void *realloc(void *old, size_t n) {
    if (!ready() || is_early(old)) {
        void *p = malloc(n);
        const size_t most = old ? (size_t)(early + sizeof early - (char *)old) : 0;
        if (p && old) memcpy(p, old, n < most ? n : most);
        return p;
    }
    return alloc_fail_refuses(__builtin_return_address(0)) ? NULL : next.realloc(old, n);
}

void *aligned_alloc(size_t align, size_t n) {
    if (!ready()) return NULL;
    return alloc_fail_refuses(__builtin_return_address(0)) ? NULL : next.aligned_alloc(align, n);
}

int posix_memalign(void **out, size_t align, size_t n) {
    if (!ready() || alloc_fail_refuses(__builtin_return_address(0))) return ENOMEM;
    return next.posix_memalign(out, align, n);
}

void *memalign(size_t align, size_t n) {
    if (!ready()) return NULL;
    return alloc_fail_refuses(__builtin_return_address(0)) ? NULL : next.memalign(align, n);
}

void free(void *p) {
    if (!p || is_early(p)) return;
    if (ready()) next.free(p);
}
