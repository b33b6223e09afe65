#include "service/reading/reading_chain.h"

#include <inttypes.h>

#include "base/str.h"

bool sx_reading_entry_hash(int64_t task, const sx_reading_entry *e, sx_sha256 *out, sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text,
                  "%s\n%" PRId64 "\n%" PRId64 "\n%" PRId64 "\n%" PRId64 "\n%s\n%" PRId64
                  "\n%s\n%s\n%" PRId64 "\n%" PRId64 "\n",
                  e->prev_hash, task, e->rev, e->film, e->account, e->client, e->client_seq,
                  e->kind, e->box, e->at_client, e->at_server);
    sx_str_add(&text, e->body);
    const bool ok = sx_str_ok(&text, err) && sx_sha256_of(text.data, text.len, out, err);
    sx_str_free(&text);
    return ok;
}
