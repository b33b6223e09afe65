#include "spinexr/version.h"

const char *sx_version(void) {
    return SX_VERSION;
}
