#include "dicom/header_bits.h"

void sx_settle_header_bits(int allocated, int *stored, int *high_bit) {
    const int top = allocated - 1;
    if (*stored == 0) *stored = *high_bit > 0 && *high_bit <= top ? *high_bit + 1 : top + 1;
    if (*high_bit < *stored - 1 || *high_bit > top) *high_bit = *stored - 1;
}

bool sx_bits_are_low(uint32_t all, int stored, int shift) {
    return shift > 0 && !(all >> stored) && (all & ((1U << shift) - 1U));
}
