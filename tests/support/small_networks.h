/* A small ensemble with synthetic weights: two classifiers and a detector, for tests that need real
 * networks and little time. And single networks without weights. */
#ifndef TESTS_SUPPORT_SMALL_NETWORKS_H
#define TESTS_SUPPORT_SMALL_NETWORKS_H

#include "models/arch.h"

enum { SMALL_NETWORKS = 3 };

/* Writes them into check_tmp(); the paths, [SMALL_NETWORKS], are static. */
const char *const *small_networks_write(void);

/* An architecture with numbers of its configuration, JSON text, as {"growth": 4}. */
sx_network small_network(const char *arch, const char *config);
/* The whole network on 64 x 64 pixels; free it. */
sx_graph *small_network_graph(const sx_network *net);

#endif
