/* A DICOMweb server that answers as the test says, and objects to send to it. */
#ifndef TESTS_SERVICE_STOW_STUB_H
#define TESTS_SERVICE_STOW_STUB_H

#include "service/net/stow_client.h"
#include "support/web_stub.h"

/* Its answers, and what it was asked since it was opened. */
extern struct stow_there {
    web_reply store, find; /* to POST and to GET; the latter is 204 at first */
    int posts, gets, objects;
    size_t largest;  /* body */
    char head[4096]; /* of the last request */
} stow_there;

web_stub *stow_stub_open(void);
/* What the server does with a request. */
web_reply stow_answer(void *user, const web_request *r);
/* Objects of a request. */
int stow_parts(const web_request *r);
/* A server on this machine, without secrets; the text is in a static buffer. */
sx_http_remote stow_stub_remote(int port);

/* Objects of ten bytes: 1.2.3.1, 1.2.3.2, 1.2.3.3 and again. */
void stow_make_items(sx_send_item items[], size_t count);
void stow_check_items(const sx_send_item *items, const sx_sent *want, size_t count);

#endif
