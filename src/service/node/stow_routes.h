/* STOW-RS (PS3.18, 10.5): films by HTTP, for programs with a token or a client certificate.
 *
 *     POST /dicom-web/studies            multipart/related; type="application/dicom"
 *     POST /dicom-web/studies/{study}    films of this study alone
 *
 * Answers 200 if all instances are stored, 202 if some, 409 if none, with the lists of PS3.18 Table
 * 10.5.3-1; 503 if the disk is full. Films take the path of node/receive.h. The server's
 * options.user is the node. */
#ifndef SX_SERVICE_NODE_STOW_ROUTES_H
#define SX_SERVICE_NODE_STOW_ROUTES_H

#include "service/web/routes.h"

extern const sx_web_route sx_stow_routes[];

#endif
