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

typedef struct range {
    uintptr_t begin, end;
    bool keeps; /* its library has caches, or loses blocks (lsan.supp); its calls do fail */
} range;
static range ranges[MAX_RANGES];
static int range_count;

/* The address ranges of libraries whose calls never fail, or keep what they took. */
static int find_ranges(struct dl_phdr_info *info, size_t size, void *user) {
    static const char *const names[] = { "/ld-linux", "/libgomp.", "/libomp.", "/libdnnl.",
                                         "/libpixman-1.", "/libcairo.",
                                         /* these keep */
                                         "/libcrypto.", "/libdcmdata.", "/libdcmjpeg.",
                                         "/libofstd." };
    enum { NAMES = sizeof names / sizeof *names, KEEPING = 4 };
    (void)size, (void)user;
    size_t which = 0;
    while (which < NAMES && !strstr(info->dlpi_name, names[which]))
        which++;
    for (int i = 0; which < NAMES && i < info->dlpi_phnum && range_count < MAX_RANGES; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD) continue;
        const uintptr_t begin = info->dlpi_addr + p->p_vaddr;
        ranges[range_count++] = (range){ begin, begin + p->p_memsz, which >= NAMES - KEEPING };
    }
    return 0;
}

static void forget_left(void);

void alloc_fail_arm(size_t n, bool all_later) {
    void *frames[DEPTH];
    if (!range_count) dl_iterate_phdr(find_ranges, NULL);
    if (record) backtrace(frames, DEPTH); /* its first call loads a library */
    target = n;
    onward = all_later;
    calls = 0;
    happened = false;
    forget_left();
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

static const range *range_of(const void *caller) {
    for (int i = 0; i < range_count; i++)
        if ((uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end)
            return &ranges[i];
    return NULL;
}

bool alloc_fail_refuses(const void *caller) {
    if (!armed || inside) return false;
    if (__sanitizer_set_report_fd && !pthread_equal(owner, pthread_self())) return false;
    const range *r = range_of(caller);
    if (r && !r->keeps) return false;
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

/* ---- what is left ---- */

enum { SLOTS = 1 << 18 };

/* The blocks that were taken while failures were armed, and the numbers of their calls; a hash
 * table with open addressing. */
static struct {
    const void *block;
    size_t call;
} left[SLOTS];
static size_t left_count;
static atomic_flag left_lock = ATOMIC_FLAG_INIT;

static size_t slot_of(const void *p) {
    return ((uintptr_t)p >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 46;
}

static void forget_left(void) {
    memset(left, 0, sizeof left);
    left_count = 0;
}

static void lock_left(void) {
    while (atomic_flag_test_and_set_explicit(&left_lock, memory_order_acquire))
        ;
}

static void *taken(void *p, const void *caller) {
    if (!p || !armed || inside || __sanitizer_set_report_fd || range_of(caller)) return p;
    lock_left();
    size_t i = slot_of(p);
    while (left[i].block)
        i = (i + 1) % SLOTS;
    if (left_count < SLOTS / 2) {
        left[i].block = p;
        left[i].call = calls;
        left_count++;
    }
    atomic_flag_clear_explicit(&left_lock, memory_order_release);
    return p;
}

/* Moves the entries after a freed one, so that each is found from its slot. */
static void close_gap(size_t gap) {
    for (size_t i = (gap + 1) % SLOTS; left[i].block; i = (i + 1) % SLOTS) {
        const size_t home = slot_of(left[i].block);
        if ((i - home) % SLOTS < (i - gap) % SLOTS) continue;
        left[gap] = left[i];
        gap = i;
    }
    left[gap].block = NULL;
}

static bool given_back(const void *p) {
    if (!left_count) return false;
    lock_left();
    size_t i = slot_of(p);
    while (left[i].block && left[i].block != p)
        i = (i + 1) % SLOTS;
    const bool known = left[i].block != NULL;
    if (known) {
        close_gap(i);
        left_count--;
    }
    atomic_flag_clear_explicit(&left_lock, memory_order_release);
    return known;
}

size_t alloc_fail_left(size_t *first) {
    *first = 0;
    for (size_t i = 0; i < SLOTS; i++)
        if (left[i].block && (!*first || left[i].call < *first)) *first = left[i].call;
    return left_count;
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

void *alloc_fail_malloc(size_t n, const void *caller) {
    return ready() ? taken(next.malloc(n), caller) : take_early(n);
}

void *malloc(size_t n) {
    const void *const caller = __builtin_return_address(0);
    if (!ready()) return take_early(n);
    return alloc_fail_refuses(caller) ? NULL : taken(next.malloc(n), caller);
}

void *calloc(size_t count, size_t n) {
    const void *const caller = __builtin_return_address(0);
    size_t bytes;
    if (!ready()) return __builtin_mul_overflow(count, n, &bytes) ? NULL : take_early(bytes);
    return alloc_fail_refuses(caller) ? NULL : taken(next.calloc(count, n), caller);
}

void *realloc(void *old, size_t n) {
    const void *const caller = __builtin_return_address(0);
    if (!ready() || is_early(old)) {
        void *p = malloc(n);
        const size_t most = old ? (size_t)(early + sizeof early - (char *)old) : 0;
        if (p && old) memcpy(p, old, n < most ? n : most);
        return p;
    }
    if (alloc_fail_refuses(caller)) return NULL;
    const bool known = old && given_back(old); /* before another thread gets it */
    void *p = next.realloc(old, n);
    if (!p && n && known) taken(old, caller);
    return taken(p, caller);
}

void *aligned_alloc(size_t align, size_t n) {
    const void *const caller = __builtin_return_address(0);
    if (!ready()) return NULL;
    return alloc_fail_refuses(caller) ? NULL : taken(next.aligned_alloc(align, n), caller);
}

int posix_memalign(void **out, size_t align, size_t n) {
    const void *const caller = __builtin_return_address(0);
    if (!ready() || alloc_fail_refuses(caller)) return ENOMEM;
    const int status = next.posix_memalign(out, align, n);
    if (status == 0) taken(*out, caller);
    return status;
}

void *memalign(size_t align, size_t n) {
    const void *const caller = __builtin_return_address(0);
    if (!ready()) return NULL;
    return alloc_fail_refuses(caller) ? NULL : taken(next.memalign(align, n), caller);
}

void free(void *p) {
    if (!p || is_early(p)) return;
    given_back(p);
    if (ready()) next.free(p);
}
