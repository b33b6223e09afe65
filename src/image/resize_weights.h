/* The triangle filter of resizing, shared by pictures of 8 and of 16 bits. */
#ifndef SX_IMAGE_RESIZE_WEIGHTS_H
#define SX_IMAGE_RESIZE_WEIGHTS_H

/* The largest number of input positions that one output position may take; even. */
int sx_resize_taps(int in, int out);

/* The weights of output position `at` (0..out - 1), whose sum is 1. Returns their number, at most
 * sx_resize_taps, and sets *first to the input position of the first. */
int sx_resize_weights(int in, int out, int at, int *first, double *weights);

#endif
