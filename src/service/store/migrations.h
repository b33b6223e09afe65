/* The tables of the service's database. */
#ifndef SX_SERVICE_STORE_MIGRATIONS_H
#define SX_SERVICE_STORE_MIGRATIONS_H

#include "service/store/db.h"

/* The number of the newest migration. */
int sx_schema_newest(void);

/* The number of the last migration that the database had; 0: none. It is only read. Errors:
 * SX_ERR_MISMATCH (a newer program has changed the database), and those of sx_db_run. */
bool sx_schema_check(sx_db *db, int *version, sx_error *err) SX_MUST_USE;

/* Brings the database up to date: runs each migration that it lacks, in a transaction of its own.
 * Several programs may call it at the same time. Errors: SX_ERR_MISMATCH (a newer program has
 * changed the database), and those of sx_db_run. */
bool sx_schema_migrate(sx_db *db, sx_error *err) SX_MUST_USE;
/* The same up to the migration `last`, from 1: the database of an older program, for tests. */
bool sx_schema_migrate_to(sx_db *db, int last, sx_error *err) SX_MUST_USE;

#endif
