#include "detect/select.h"

static void swap_keys(uint64_t *a, uint64_t *b) {
    uint64_t t = *a;
    *a = *b;
    *b = t;
}

void sx_select_smallest(uint64_t *key, size_t n, size_t k) {
    ptrdiff_t first = 0, last = (ptrdiff_t)n - 1, want = (ptrdiff_t)k - 1;
    while (first < last) {
        ptrdiff_t mid = first + (last - first) / 2;
        if (key[mid] < key[first]) swap_keys(&key[mid], &key[first]);
        if (key[last] < key[first]) swap_keys(&key[last], &key[first]);
        if (key[last] < key[mid]) swap_keys(&key[last], &key[mid]);
        uint64_t pivot = key[mid];
        ptrdiff_t i = first, j = last;
        while (i <= j) {
            while (key[i] < pivot)
                i++;
            while (key[j] > pivot)
                j--;
            if (i <= j) swap_keys(&key[i++], &key[j--]);
        }
        if (want <= j)
            last = j;
        else if (want >= i)
            first = i;
        else
            return;
    }
}
