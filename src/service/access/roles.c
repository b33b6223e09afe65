#include "service/access/roles.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    sx_role role;
} roles[] = {
    { "admin", SX_ROLE_ADMIN },         { "manager", SX_ROLE_MANAGER },
    { "physician", SX_ROLE_PHYSICIAN }, { "adjudicator", SX_ROLE_ADJUDICATOR },
    { "reader", SX_ROLE_READER },
};
enum { ROLES = sizeof roles / sizeof *roles };

const char *sx_role_name(sx_role role) {
    for (size_t i = 0; i < ROLES; i++)
        if (roles[i].role == role) return roles[i].name;
    return role == SX_ROLE_DEVICE ? "device" : "";
}

bool sx_role_parse(const char *name, sx_role *role) {
    for (size_t i = 0; i < ROLES; i++)
        if (strcmp(roles[i].name, name) == 0) {
            *role = roles[i].role;
            return true;
        }
    return false;
}
