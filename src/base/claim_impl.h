/* Internal to claim.h and run_folder.h: the claim and its journal. */
#ifndef SX_BASE_CLAIM_IMPL_H
#define SX_BASE_CLAIM_IMPL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/claim.h"
#include "base/str.h"

/* The journal of a claimed folder. */
#define SX_CLAIM_JOURNAL ".spinexr-run"
/* A temporary name: .spinexr-0123456789abcdef.part */
#define SX_CLAIM_PREFIX ".spinexr-"
#define SX_CLAIM_ENDING ".part"
enum { SX_CLAIM_DIGITS = 16 };

/* A temporary name in use; `folder` is relative to the claimed one, "" for itself. */
typedef struct sx_claim_name {
    char *folder;
    char name[SX_CLAIM_NAME];
    bool in_use;
} sx_claim_name;

struct sx_claim {
    char *dir, *journal_name;
    char *place;         /* what the run writes, for messages: the folder or the claimed name */
    int folder, journal; /* descriptors */
    bool made_folder;    /* by this claim */
    bool taken;          /* another run holds it */
    off_t kept;          /* bytes of the journal that list an earlier run's results */
    pthread_mutex_t lock;
    sx_claim_name *items;
    size_t count, cap;
};

/* The file name of the journal of a claim on one name (sx_claim_open_name). */
void sx_claim_journal_name(const char *base, char name[256]);
/* Ends the run and keeps its journal. NULL is allowed. */
void sx_claim_leave(sx_claim *c);

/* ---- claim_journal.c ----
 *
 * The journal is text, a line each for host, process, command and start of a run, then for what it
 * makes: `temporary NAME` before a name is used, `results` before the first result is written,
 * `file NAME` for each result, `finished TIME` at the end. In names, a backslash and a line feed
 * are escaped. */

/* The last run that the journal names. */
typedef struct sx_claim_owner {
    char host[128], command[64], since[32];
    long process;
    unsigned long long began; /* in the kernel's clock ticks; 0: unknown */
    bool finished;
} sx_claim_owner;

void sx_claim_read_owner(const sx_claim *c, sx_claim_owner *o);
/* Whether that process still runs on this host. */
bool sx_claim_owner_lives(const sx_claim_owner *o);
void sx_claim_host(char *host, size_t size);

/* Removes the temporary files that the journal lists, then begins this run's part of it: after the
 * earlier run's part if that lists results, else at the start. */
bool sx_claim_begin_journal(sx_claim *c, const char *command, sx_error *err) SX_MUST_USE;
/* Begins this run's part at the start: nothing of earlier runs is left. */
bool sx_claim_restart_journal(sx_claim *c, const char *command, sx_error *err) SX_MUST_USE;
/* The earlier runs' part, on the heap, NUL-terminated. */
char *sx_claim_earlier(const sx_claim *c, sx_error *err) SX_MUST_USE;
/* Removes this run's part from the journal. */
void sx_claim_end_journal(const sx_claim *c);

bool sx_claim_append(const sx_claim *c, const sx_str *text, sx_error *err) SX_MUST_USE;
void sx_claim_put_name(sx_str *line, const char *name);
/* If `line` is WORD and a name, decodes the name in place and returns it; else NULL. */
char *sx_claim_named(char *line, const char *word);

/* Removes a file, a link or a folder with its contents, `name`, relative to the claimed folder,
 * unless it is reached through a link or "..". */
void sx_claim_remove(const sx_claim *c, char *name);
/* The same for an empty folder. */
void sx_claim_remove_empty(const sx_claim *c, const char *name);

#endif
