/* A small ensemble with synthetic weights: two classifiers and a detector, for tests that need real
 * networks and little time. */
#ifndef TESTS_SUPPORT_SMALL_NETWORKS_H
#define TESTS_SUPPORT_SMALL_NETWORKS_H

enum { SMALL_NETWORKS = 3 };

/* Writes them into check_tmp(); the paths, [SMALL_NETWORKS], are static. */
const char *const *small_networks_write(void);

#endif
