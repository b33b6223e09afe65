/* A small HTTP server for tests of clients: it answers each request as the test says, and keeps
 * what was asked. */
#ifndef TESTS_SUPPORT_WEB_STUB_H
#define TESTS_SUPPORT_WEB_STUB_H

#include <stdbool.h>
#include <stddef.h>

typedef struct web_request {
    char head[4096]; /* the request line and the headers */
    char *body;      /* [n], by malloc; with a NUL behind it */
    size_t n;
} web_request;

typedef struct web_reply {
    int status;
    const char *headers; /* "Name: value\r\n"...; NULL: none */
    const char *body;    /* NULL: none */
    bool silent;         /* says nothing until the client gives up */
    bool cut;            /* ends within the body */
} web_reply;

typedef struct web_stub web_stub;

/* `answer` is called in the server's thread, one request at a time. */
web_stub *web_stub_open(web_reply (*answer)(void *user, const web_request *r), void *user);
void web_stub_close(web_stub *s);
int web_stub_port(const web_stub *s);
int web_stub_requests(const web_stub *s); /* so far */

#endif
