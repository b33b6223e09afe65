/* Migrations, by number. A migration that was released is never changed; a new one is added.
 *
 * Times are milliseconds since 1970, UTC. Words in braces differ between the databases. */
#include "service/store/migrations.h"

#include <string.h>

#include "base/str.h"

static const struct {
    const char *word, *sqlite, *postgres;
} words[] = {
    { "{id}", "INTEGER PRIMARY KEY AUTOINCREMENT",
      "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY" },
    { "{int}", "INTEGER", "BIGINT" },
    { "{real}", "REAL", "DOUBLE PRECISION" },
    { "{bytes}", "BLOB", "BYTEA" },
    { "{strict}", " STRICT", "" },
    { "{refuse-update}",
      "CREATE TRIGGER audit_update BEFORE UPDATE ON audit"
      " BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END",
      "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
      " 'BEGIN RAISE EXCEPTION USING ERRCODE = ''integrity_constraint_violation'',"
      " MESSAGE = ''the audit log is never changed''; END'" },
    { "{op-refuse-update}",
      "CREATE TRIGGER reading_op_update BEFORE UPDATE ON reading_op"
      " BEGIN SELECT RAISE(ABORT, 'operations are never changed'); END",
      "CREATE FUNCTION refuse_op_change() RETURNS trigger LANGUAGE plpgsql AS"
      " 'BEGIN RAISE EXCEPTION USING ERRCODE = ''integrity_constraint_violation'',"
      " MESSAGE = ''operations are never changed''; END'" },
    { "{op-refuse-delete}",
      "CREATE TRIGGER reading_op_delete BEFORE DELETE ON reading_op"
      " BEGIN SELECT RAISE(ABORT, 'operations are never changed'); END",
      "CREATE TRIGGER reading_op_change BEFORE UPDATE OR DELETE OR TRUNCATE ON reading_op"
      " FOR EACH STATEMENT EXECUTE FUNCTION refuse_op_change()" },
    { "{decisions-refuse-update}",
      "CREATE TRIGGER reading_adjudication_update BEFORE UPDATE ON reading_adjudication"
      " BEGIN SELECT RAISE(ABORT, 'what was read is never changed'); END",
      "CREATE FUNCTION refuse_read_change() RETURNS trigger LANGUAGE plpgsql AS"
      " 'BEGIN RAISE EXCEPTION USING ERRCODE = ''integrity_constraint_violation'',"
      " MESSAGE = ''what was read is never changed''; END'" },
    { "{update-or}", "", "UPDATE OR " },
    { "{refuse-read}", " BEGIN SELECT RAISE(ABORT, 'what was read is never changed'); END",
      " FOR EACH STATEMENT EXECUTE FUNCTION refuse_read_change()" },
    /* in SQLite rowid, _rowid_ and oid are names of the id, too, which UPDATE OF id does not see */
    { "{of-id}", "", " OF id" },
    { "{refuse-id}",
      " WHEN NEW.id IS NOT OLD.id BEGIN SELECT RAISE(ABORT, 'what was read is never changed'); END",
      " FOR EACH STATEMENT EXECUTE FUNCTION refuse_read_change()" },
    /* a server has no INSERT OR REPLACE: the rest is a comment there */
    { "{sqlite}", "", "SELECT 1 --" },
    { "{replaces-read}", " BEGIN SELECT RAISE(ABORT, 'what was read is never changed'); END", "" },
    { "{refuse-delete}",
      "CREATE TRIGGER audit_delete BEFORE DELETE ON audit"
      " BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END",
      "CREATE TRIGGER audit_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
      " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()" },
};

/* Statements of one migration, up to NULL. */
typedef const char *const migration[32];

static const migration migrations[] = {
    {
        /* a film that was received and acknowledged */
        "CREATE TABLE instance ("
        " sop_uid TEXT PRIMARY KEY,"
        " sop_class TEXT NOT NULL,"
        " transfer_syntax TEXT NOT NULL,"
        " study_uid TEXT NOT NULL,"
        " series_uid TEXT NOT NULL,"
        " patient_id TEXT NOT NULL,"
        " issuer TEXT NOT NULL,"
        " sha256 TEXT NOT NULL,"
        " size {int} NOT NULL,"
        " path TEXT NOT NULL,"
        " source TEXT NOT NULL,"
        " received {int} NOT NULL,"
        " state TEXT NOT NULL CHECK (state IN ('new', 'scored', 'unfamiliar', 'refused',"
        " 'failed', 'deleted')),"
        " reason TEXT NOT NULL DEFAULT ''"
        "){strict}",
        "CREATE INDEX instance_by_study ON instance (study_uid)",
        /* what the networks say of a film, for one set of weights and one configuration */
        "CREATE TABLE prediction ("
        " sop_uid TEXT NOT NULL REFERENCES instance (sop_uid),"
        " weights TEXT NOT NULL,"
        " configuration TEXT NOT NULL,"
        " body TEXT NOT NULL,"
        " made {int} NOT NULL,"
        " PRIMARY KEY (sop_uid, weights, configuration)"
        "){strict}",
        /* a study: open until no film has come for the quiet time, then the result is built */
        "CREATE TABLE study ("
        " study_uid TEXT PRIMARY KEY,"
        " patient_id TEXT NOT NULL,"
        " issuer TEXT NOT NULL,"
        " state TEXT NOT NULL CHECK (state IN ('open', 'built', 'dead')),"
        " quiet_until {int} NOT NULL,"
        " completed {int} NOT NULL DEFAULT 0,"
        " revision {int} NOT NULL DEFAULT 0,"
        " reason TEXT NOT NULL DEFAULT ''"
        "){strict}",
        /* a result object, with the bytes that are sent */
        "CREATE TABLE output ("
        " sop_uid TEXT PRIMARY KEY,"
        " sop_class TEXT NOT NULL,"
        " study_uid TEXT NOT NULL REFERENCES study (study_uid),"
        " series_uid TEXT NOT NULL,"
        " kind TEXT NOT NULL,"
        " revision {int} NOT NULL,"
        " weights TEXT NOT NULL,"
        " sha256 TEXT NOT NULL,"
        " bytes {bytes} NOT NULL,"
        " made {int} NOT NULL"
        "){strict}",
        "CREATE INDEX output_by_study ON output (study_uid, revision)",
        /* an output at one destination */
        "CREATE TABLE delivery ("
        " sop_uid TEXT NOT NULL REFERENCES output (sop_uid),"
        " destination TEXT NOT NULL,"
        " state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'committed', 'failed')),"
        " at {int} NOT NULL,"
        " PRIMARY KEY (sop_uid, destination)"
        "){strict}",
        /* work that is left to do (store/jobs.h) */
        "CREATE TABLE job ("
        " id {id},"
        " kind TEXT NOT NULL,"
        " key TEXT NOT NULL,"
        " destination TEXT NOT NULL DEFAULT '',"
        " state TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'waiting', 'done', 'dead',"
        " 'dropped')),"
        " attempts {int} NOT NULL DEFAULT 0,"
        " made {int} NOT NULL,"
        " not_before {int} NOT NULL,"
        " lease_until {int} NOT NULL DEFAULT 0,"
        " lease {int} NOT NULL DEFAULT 0,"
        " owner TEXT NOT NULL DEFAULT '',"
        " error TEXT NOT NULL DEFAULT '',"
        " UNIQUE (kind, key, destination)"
        "){strict}",
        "CREATE INDEX job_next ON job (kind, state, not_before)",
        /* what happened; rows are only added */
        "CREATE TABLE event ("
        " id {id},"
        " at {int} NOT NULL,"
        " kind TEXT NOT NULL,"
        " study_uid TEXT NOT NULL DEFAULT '',"
        " sop_uid TEXT NOT NULL DEFAULT '',"
        " detail TEXT NOT NULL DEFAULT ''"
        "){strict}",
        "CREATE INDEX event_by_study ON event (study_uid)",
        NULL,
    },
    {
        /* what the installation is, and does not change */
        "CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT NOT NULL){strict}",
        NULL,
    },
    {
        /* a person who may sign in (service/access/accounts.h) */
        "CREATE TABLE account ("
        " id {id},"
        " login TEXT NOT NULL UNIQUE,"
        " name TEXT NOT NULL,"
        " role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'physician', 'adjudicator',"
        " 'reader')),"
        " made {int} NOT NULL,"
        " active {int} NOT NULL,"
        " hash TEXT NOT NULL"
        "){strict}",
        "CREATE TABLE session ("
        " sha256 TEXT PRIMARY KEY,"
        " account {int} NOT NULL REFERENCES account (id),"
        " address TEXT NOT NULL,"
        " made {int} NOT NULL,"
        " seen {int} NOT NULL"
        "){strict}",
        "CREATE INDEX session_by_account ON session (account)",
        /* a program that may call DICOMweb (service/access/tokens.h) */
        "CREATE TABLE token ("
        " id {id},"
        " name TEXT NOT NULL UNIQUE,"
        " kind TEXT NOT NULL CHECK (kind IN ('bearer', 'certificate')),"
        " sha256 TEXT NOT NULL,"
        " made {int} NOT NULL,"
        " used {int} NOT NULL DEFAULT 0,"
        " revoked {int} NOT NULL DEFAULT 0,"
        " UNIQUE (kind, sha256)"
        "){strict}",
        /* who did what; rows are only added */
        "CREATE TABLE audit ("
        " id {id},"
        " at {int} NOT NULL,"
        " who TEXT NOT NULL,"
        " address TEXT NOT NULL,"
        " action TEXT NOT NULL,"
        " object TEXT NOT NULL,"
        " detail TEXT NOT NULL"
        "){strict}",
        "{refuse-update}",
        "{refuse-delete}",
        NULL,
    },
    {
        /* how often the destination said that it stored the object */
        "ALTER TABLE delivery ADD COLUMN sends {int} NOT NULL DEFAULT 0",
        /* a request of storage commitment for a study's objects at a destination */
        "CREATE TABLE commitment ("
        " transaction_uid TEXT PRIMARY KEY,"
        " study_uid TEXT NOT NULL,"
        " revision {int} NOT NULL,"
        " destination TEXT NOT NULL,"
        " asked {int} NOT NULL,"
        " answered {int} NOT NULL DEFAULT 0"
        "){strict}",
        "CREATE INDEX commitment_by_study ON commitment (study_uid, revision, destination)",
        /* the file of a deleted film is gone as well */
        "ALTER TABLE instance ADD COLUMN removed {int} NOT NULL DEFAULT 0",
        /* the retention time of the object is over: its bytes are gone, the row stays */
        "ALTER TABLE output ADD COLUMN emptied {int} NOT NULL DEFAULT 0",
        NULL,
    },
    {
        /* what lists of films show of a prediction */
        "ALTER TABLE prediction ADD COLUMN probability {real}",
        "ALTER TABLE prediction ADD COLUMN distance {real}",
        "ALTER TABLE prediction ADD COLUMN abnormal {int}",
        "ALTER TABLE prediction ADD COLUMN findings {int} NOT NULL DEFAULT 0",
        /* what physicians say of results (service/worklist/opinions.h); rows are only added */
        "CREATE TABLE opinion ("
        " id {id},"
        " at {int} NOT NULL,"
        " study_uid TEXT NOT NULL REFERENCES study (study_uid),"
        " revision {int} NOT NULL,"
        " who TEXT NOT NULL,"
        " agrees {int} NOT NULL,"
        " verdict TEXT NOT NULL,"
        " comment TEXT NOT NULL"
        "){strict}",
        "CREATE INDEX opinion_by_study ON opinion (study_uid)",
        NULL,
    },
    {
        /* by which other systems name the study; of films that came before this column: '' */
        "ALTER TABLE study ADD COLUMN accession TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE study ADD COLUMN study_date TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX study_by_accession ON study (accession)",
        /* SHA-256 of the settings that the result depends on */
        "ALTER TABLE output ADD COLUMN configuration TEXT NOT NULL DEFAULT ''",
        NULL,
    },
    {
        /* 0: an object of others that is no film, for instance a report; it has no result */
        "ALTER TABLE instance ADD COLUMN is_film {int} NOT NULL DEFAULT 1",
        /* 1: the next result is a new revision also if it is the same as the last one */
        "ALTER TABLE study ADD COLUMN forced {int} NOT NULL DEFAULT 0",
        NULL,
    },
    {
        /* 1: the weights that made it are marked as demonstration; of earlier ones: 0 */
        "ALTER TABLE output ADD COLUMN demonstration {int} NOT NULL DEFAULT 0",
        NULL,
    },
    {
#include "service/store/reading_tables.inc"
    },
    {
        /* the film that the object shows; of others, and of earlier ones: '' */
        "ALTER TABLE output ADD COLUMN film_uid TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX output_by_film ON output (film_uid)",
        NULL,
    },
    {
        /* why the manager rejected a held film; '': no */
        "ALTER TABLE reading_film ADD COLUMN rejected TEXT NOT NULL DEFAULT ''",
        NULL,
    },
    {
        /* the alarms look at the newest predictions every minute; the reports of all are large */
        "CREATE INDEX prediction_by_made ON prediction (made, weights)",
        "CREATE INDEX prediction_by_probability ON prediction"
        " (weights, made, sop_uid, probability) WHERE probability IS NOT NULL",
        "CREATE INDEX prediction_by_distance ON prediction (weights, made, sop_uid, distance)"
        " WHERE distance IS NOT NULL",
        NULL,
    },
    {
        /* jobs that are done stay; a lease must not look at them (SX_JOBS_UNFINISHED) */
        "CREATE INDEX job_unfinished ON job (kind, not_before, id, state)"
        " WHERE state NOT IN ('done', 'dropped')",
        NULL,
    },
    {
        /* what readings mean, beside the operations: decisions, whose a task is, names of labels,
         * which film is which, comments, versions */
        "{decisions-refuse-update}",
        "CREATE TRIGGER reading_adjudication_delete BEFORE {update-or}DELETE"
        " ON reading_adjudication{refuse-read}",
        "CREATE TRIGGER reading_adjudication_source_update BEFORE UPDATE"
        " ON reading_adjudication_source{refuse-read}",
        "CREATE TRIGGER reading_adjudication_source_delete BEFORE DELETE"
        " ON reading_adjudication_source{refuse-read}",
        "CREATE TRIGGER reading_task_update"
        " BEFORE UPDATE OF project, study, reader, kind, round, repeat ON "
        "reading_task{refuse-read}",
        "CREATE TRIGGER reading_label_update BEFORE UPDATE OF project, kind, name"
        " ON reading_label{refuse-read}",
        "CREATE TRIGGER reading_label_delete BEFORE DELETE ON reading_label{refuse-read}",
        "CREATE TRIGGER reading_study_update BEFORE UPDATE OF project, study_id, patient_id"
        " ON reading_study{refuse-read}",
        "CREATE TRIGGER reading_film_update"
        " BEFORE UPDATE OF project, study, image_id, sha256, width, height"
        " ON reading_film{refuse-read}",
        "CREATE TRIGGER reading_comment_update"
        " BEFORE UPDATE OF task, number, film, box, author, text, at"
        " ON reading_comment{refuse-read}",
        "CREATE TRIGGER reading_comment_delete BEFORE DELETE ON reading_comment{refuse-read}",
        "CREATE TRIGGER reading_export_update BEFORE UPDATE ON reading_export{refuse-read}",
        "CREATE TRIGGER reading_export_delete BEFORE DELETE ON reading_export{refuse-read}",
        "CREATE TRIGGER reading_export_file_update BEFORE UPDATE ON reading_export_file"
        "{refuse-read}",
        "CREATE TRIGGER reading_export_file_delete BEFORE DELETE ON reading_export_file"
        "{refuse-read}",
        NULL,
    },
    {
        /* how often in a row a job could not be tried, because of a fault of the service */
        "ALTER TABLE job ADD COLUMN put_off {int} NOT NULL DEFAULT 0",
        NULL,
    },
    {
        /* what the newest version of the study's result says of the film: '', 'scored', 'unscored',
         * 'refused' */
        "ALTER TABLE instance ADD COLUMN outcome TEXT NOT NULL DEFAULT ''",
        "UPDATE instance SET outcome = CASE"
        " WHEN state = 'new' THEN '' WHEN state IN ('failed', 'unfamiliar') THEN 'unscored'"
        " WHEN state = 'refused' OR (state = 'deleted' AND EXISTS (SELECT 1 FROM event e"
        " WHERE e.study_uid = instance.study_uid AND e.sop_uid = instance.sop_uid"
        " AND e.kind = 'refused')) THEN 'refused'"
        " WHEN EXISTS (SELECT 1 FROM prediction p WHERE p.sop_uid = instance.sop_uid"
        " AND (p.abnormal IS NOT NULL OR p.probability IS NULL)) THEN 'scored'"
        " ELSE 'unscored' END",
        NULL,
    },
    {
        /* INSERT OR REPLACE deletes the row that is in the way without a trigger of DELETE, and
         * UPDATE OR REPLACE of an id does */
        "{sqlite}CREATE TRIGGER audit_insert BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM"
        " audit x WHERE x.id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the audit log is never"
        " changed'); END",
        "{sqlite}CREATE TRIGGER reading_op_insert BEFORE INSERT ON reading_op WHEN EXISTS (SELECT"
        " 1 FROM reading_op x WHERE x.id = NEW.id) OR EXISTS (SELECT 1 FROM reading_op x WHERE"
        " x.account = NEW.account AND x.client = NEW.client AND x.client_seq = NEW.client_seq) OR"
        " EXISTS (SELECT 1 FROM reading_op x WHERE x.task = NEW.task AND x.rev = NEW.rev) BEGIN"
        " SELECT RAISE(ABORT, 'operations are never changed'); END",
        "{sqlite}CREATE TRIGGER reading_adjudication_insert BEFORE INSERT ON reading_adjudication"
        " WHEN EXISTS (SELECT 1 FROM reading_adjudication x WHERE x.id = NEW.id){replaces-read}",
        "{sqlite}CREATE TRIGGER reading_adjudication_source_insert BEFORE INSERT ON"
        " reading_adjudication_source WHEN EXISTS (SELECT 1 FROM reading_adjudication_source x"
        " WHERE x.adjudication = NEW.adjudication AND x.task = NEW.task AND x.box ="
        " NEW.box){replaces-read}",
        "{sqlite}CREATE TRIGGER reading_task_insert BEFORE INSERT ON reading_task WHEN EXISTS"
        " (SELECT 1 FROM reading_task x WHERE x.id = NEW.id) OR EXISTS (SELECT 1 FROM"
        " reading_task x WHERE x.study = NEW.study AND x.reader = NEW.reader AND x.round ="
        " NEW.round AND x.repeat = NEW.repeat){replaces-read}",
        "{sqlite}CREATE TRIGGER reading_label_insert BEFORE INSERT ON reading_label WHEN EXISTS"
        " (SELECT 1 FROM reading_label x WHERE x.id = NEW.id) OR EXISTS (SELECT 1 FROM"
        " reading_label x WHERE x.project = NEW.project AND x.kind = NEW.kind AND x.name ="
        " NEW.name){replaces-read}",
        "{sqlite}CREATE TRIGGER reading_study_insert BEFORE INSERT ON reading_study WHEN EXISTS"
        " (SELECT 1 FROM reading_study x WHERE x.id = NEW.id) OR EXISTS (SELECT 1 FROM"
        " reading_study x WHERE x.project = NEW.project AND x.study_id ="
        " NEW.study_id){replaces-read}",
        "{sqlite}CREATE TRIGGER reading_film_insert BEFORE INSERT ON reading_film WHEN EXISTS"
        " (SELECT 1 FROM reading_film x WHERE x.id = NEW.id) OR EXISTS (SELECT 1 FROM"
        " reading_film x WHERE x.project = NEW.project AND x.image_id ="
        " NEW.image_id){replaces-read}",
        "{sqlite}CREATE TRIGGER reading_comment_insert BEFORE INSERT ON reading_comment WHEN"
        " EXISTS (SELECT 1 FROM reading_comment x WHERE x.task = NEW.task AND x.number ="
        " NEW.number){replaces-read}",
        "{sqlite}CREATE TRIGGER reading_export_insert BEFORE INSERT ON reading_export WHEN EXISTS"
        " (SELECT 1 FROM reading_export x WHERE x.id = NEW.id) OR EXISTS (SELECT 1 FROM"
        " reading_export x WHERE x.project = NEW.project AND x.tag = NEW.tag){replaces-read}",
        "{sqlite}CREATE TRIGGER reading_export_file_insert BEFORE INSERT ON reading_export_file"
        " WHEN EXISTS (SELECT 1 FROM reading_export_file x WHERE x.export = NEW.export AND x.name"
        " = NEW.name){replaces-read}",
        "CREATE TRIGGER reading_task_id BEFORE UPDATE{of-id} ON reading_task{refuse-id}",
        "CREATE TRIGGER reading_label_id BEFORE UPDATE{of-id} ON reading_label{refuse-id}",
        "CREATE TRIGGER reading_study_id BEFORE UPDATE{of-id} ON reading_study{refuse-id}",
        "CREATE TRIGGER reading_film_id BEFORE UPDATE{of-id} ON reading_film{refuse-id}",
        "CREATE TRIGGER reading_task_delete BEFORE DELETE ON reading_task{refuse-read}",
        "CREATE TRIGGER reading_study_delete BEFORE DELETE ON reading_study{refuse-read}",
        "CREATE TRIGGER reading_film_delete BEFORE DELETE ON reading_film{refuse-read}",
        NULL,
    },
    {
        /* 1: the rejection was undone */
        "ALTER TABLE reading_adjudication ADD COLUMN withdrawn {int} NOT NULL DEFAULT 0",
        NULL,
    },
    {
        /* how long the settings held a job, and how long faults of the service put it off */
        "ALTER TABLE job ADD COLUMN hold_time {int} NOT NULL DEFAULT 0",
        "ALTER TABLE job ADD COLUMN fault_time {int} NOT NULL DEFAULT 0",
        NULL,
    },
};
enum { MIGRATIONS = sizeof migrations / sizeof *migrations };

int sx_schema_newest(void) {
    return MIGRATIONS;
}

static bool run_translated(sx_db *db, const char *sql, sx_error *err) {
    sx_str text = { 0 };
    const bool postgres = sx_db_kind_of(db) == SX_DB_POSTGRES;
    while (*sql) {
        size_t skipped = 0;
        for (size_t i = 0; *sql == '{' && i < sizeof words / sizeof *words; i++) {
            const size_t n = strlen(words[i].word);
            if (strncmp(sql, words[i].word, n) != 0) continue;
            sx_str_add(&text, postgres ? words[i].postgres : words[i].sqlite);
            skipped = n;
        }
        if (!skipped) sx_str_append(&text, sql, 1);
        sql += skipped ? skipped : 1;
    }
    const bool ok = sx_str_ok(&text, err) && sx_db_run(db, sx_str_text(&text), NULL, 0, err);
    sx_str_free(&text);
    return ok;
}

/* Programs that start together wait here for one another. */
static bool lock_schema(sx_db *db, sx_error *err) {
    if (sx_db_kind_of(db) == SX_DB_SQLITE) return true; /* one writer at a time anyway */
    return sx_db_run(db, "SELECT pg_advisory_xact_lock(7341002)", NULL, 0, err);
}

/* 0: no migration has run. */
static bool version_of(sx_db *db, int64_t *version, sx_error *err) {
    const bool server = sx_db_kind_of(db) == SX_DB_POSTGRES;
    int64_t unused;
    bool found = false;
    *version = 0;
    if (!sx_db_query_int(db,
                         server ? "SELECT 1 FROM pg_tables WHERE schemaname = current_schema()"
                                  " AND tablename = 'schema_version'"
                                : "SELECT 1 FROM sqlite_master WHERE name = 'schema_version'",
                         NULL, 0, &unused, &found, err))
        return false;
    return !found || sx_db_query_int(db, "SELECT COALESCE(MAX(version), 0) FROM schema_version",
                                     NULL, 0, version, &found, err);
}

bool sx_schema_check(sx_db *db, int *version, sx_error *err) {
    int64_t n;
    if (!version_of(db, &n, err)) return false;
    *version = (int)n;
    return n <= MIGRATIONS ||
           sx_fail(err, SX_ERR_MISMATCH,
                   "the database has schema %d, and this program knows %d: use the newer program",
                   (int)n, MIGRATIONS);
}

/* One migration, if the database still lacks it. */
static bool migrate_one(sx_db *db, sx_error *err) {
    int version = 0;
    if (!sx_db_begin(db, err)) return false;
    bool ok = lock_schema(db, err) &&
              run_translated(
                  db, "CREATE TABLE IF NOT EXISTS schema_version (version {int} NOT NULL){strict}",
                  err) &&
              sx_schema_check(db, &version, err);
    const bool more = ok && version < MIGRATIONS;
    for (size_t i = 0; more && ok && migrations[version][i]; i++)
        ok = run_translated(db, migrations[version][i], err);
    const sx_db_value next = sx_db_int(version + 1);
    if (more && ok)
        ok = sx_db_run(db, "INSERT INTO schema_version (version) VALUES (?)", &next, 1, err);
    return sx_db_end(db, ok, err);
}

bool sx_schema_migrate(sx_db *db, sx_error *err) {
    return sx_schema_migrate_to(db, MIGRATIONS, err);
}

bool sx_schema_migrate_to(sx_db *db, int last, sx_error *err) {
    int version;
    for (;;) {
        if (!sx_schema_check(db, &version, err)) return false;
        if (version >= last) return true; /* which was read without a lock */
        if (!migrate_one(db, err)) return false;
    }
}
