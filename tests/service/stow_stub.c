#include "service/stow_stub.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

struct stow_there stow_there;

int stow_parts(const web_request *r) {
    int n = 0;
    const char *end = r->body + r->n, *at = r->body;
    while ((at = memmem(at, (size_t)(end - at), "Content-Type: application/dicom", 31))) {
        n++;
        at += 31;
    }
    return n;
}

web_reply stow_answer(void *user, const web_request *r) {
    (void)user;
    snprintf(stow_there.head, sizeof stow_there.head, "%s", r->head);
    if (strncmp(r->head, "GET ", 4) == 0) {
        stow_there.gets++;
        return stow_there.find;
    }
    stow_there.posts++;
    stow_there.objects += stow_parts(r);
    if (r->n > stow_there.largest) stow_there.largest = r->n;
    return stow_there.store;
}

web_stub *stow_stub_open(void) {
    memset(&stow_there, 0, sizeof stow_there);
    stow_there.find.status = 204;
    return web_stub_open(stow_answer, NULL);
}

sx_http_remote stow_stub_remote(int port) {
    static char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/dicom-web/", port);
    return (sx_http_remote){ .url = url, .message_seconds = 2 };
}

void stow_make_items(sx_send_item items[], size_t count) {
    static const char *const uids[] = { "1.2.3.1", "1.2.3.2", "1.2.3.3" };
    for (size_t i = 0; i < count; i++)
        items[i] = (sx_send_item){ .bytes = (const uint8_t *)"some bytes",
                                   .n = 10,
                                   .sop_class = "1.2",
                                   .sop_uid = uids[i % 3] };
}

void stow_check_items(const sx_send_item *items, const sx_sent *want, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (items[i].sent != want[i])
            fail_msg("object %zu: %d instead of %d (%s)", i, items[i].sent, want[i],
                     items[i].reason);
}
