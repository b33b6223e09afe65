/* The lead letter that marks the side, L or R. */
#ifndef SX_PHANTOM_MARKER_H
#define SX_PHANTOM_MARKER_H

#include "phantom/view.h"

void sx_ph_add_marker(const sx_ph_view *view, uint64_t seed, size_t index);

#endif
