/* A plain HTTP client for tests: it sends any bytes. */
#ifndef TESTS_SERVICE_WEB_CLIENT_H
#define TESTS_SERVICE_WEB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct web_answer {
    int status; /* 0: the connection was closed without an answer */
    char *text; /* the whole answer; web_free */
    const char *body;
    size_t n; /* bytes of the body */
} web_answer;

/* A connection from `from` ("127.0.0.2"; NULL: any) to the server on loopback; reading from it
 * fails after 10 s. */
int web_connect(int port, const char *from);
void web_send(int socket, const char *bytes, size_t n);
/* All answers of a connection, until the server closes it. */
web_answer web_read(int socket);
/* Whether the server closes the connection within so many seconds; closes it. */
bool web_is_closed(int socket, double seconds);
void web_free(web_answer *a);

/* One request on a connection of its own. `headers`: lines that end in \r\n, "" for none; Host and
 * Connection: close are added. `body` NULL: none. */
web_answer web_call(int port, const char *method, const char *target, const char *headers,
                    const char *body);
/* The same from another address. */
web_answer web_call_from(const char *from, int port, const char *method, const char *target,
                         const char *headers, const char *body);
/* Only the status. */
int web_status(int port, const char *method, const char *target, const char *headers,
               const char *body);
/* The answer to bytes as they are. */
web_answer web_raw(int port, const char *bytes);
int web_raw_status(int port, const char *bytes);

/* The answer must have this status, and its head or body contain this text; frees it. */
void web_expect(web_answer a, int status, const char *text);

/* The value of a header of the answer in a static buffer; NULL: absent. */
const char *web_header(const web_answer *a, const char *name);
/* The value of a text of a flat JSON body in a static buffer; NULL: absent. */
const char *web_text(const web_answer *a, const char *key);

#endif
