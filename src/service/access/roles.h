/* Who may do what. A route of the web server names the roles that may call it
 * (service/web/routes.h). */
#ifndef SX_SERVICE_ACCESS_ROLES_H
#define SX_SERVICE_ACCESS_ROLES_H

#include <stdbool.h>

/* A person has one role, and a role includes no other. */
typedef enum sx_role {
    SX_ROLE_ADMIN = 1,       /* accounts, audit log, and the node */
    SX_ROLE_MANAGER = 2,     /* annotation projects: import, assignment, progress, export */
    SX_ROLE_PHYSICIAN = 4,   /* the node's worklist; agrees or disagrees with results */
    SX_ROLE_ADJUDICATOR = 8, /* decides where readers differ; not on the node */
    SX_ROLE_READER = 16,     /* marks films in the reading room; not on the node */
    SX_ROLE_DEVICE = 32      /* a program with a token or client certificate: DICOMweb alone */
} sx_role;

enum {
    SX_ROLES_PEOPLE =
        SX_ROLE_ADMIN | SX_ROLE_MANAGER | SX_ROLE_PHYSICIAN | SX_ROLE_ADJUDICATOR | SX_ROLE_READER,
    SX_ROLES_NODE = SX_ROLE_ADMIN | SX_ROLE_PHYSICIAN,
    SX_ROLES_READING = SX_ROLE_MANAGER | SX_ROLE_ADJUDICATOR | SX_ROLE_READER
};

/* The roles of people, as they are stored and shown. */
#define SX_ROLE_WORDS "admin|manager|physician|adjudicator|reader"

const char *sx_role_name(sx_role role); /* "device" for SX_ROLE_DEVICE; "" for none of them */
/* False: `name` is no role of a person. */
bool sx_role_parse(const char *name, sx_role *role);

#endif
