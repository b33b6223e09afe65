/* A project for tests of the reading room: studies of small films in a folder, readers with tasks,
 * and operations as pages send them. */
#ifndef TESTS_SERVICE_READING_ROOM_H
#define TESTS_SERVICE_READING_ROOM_H

#include "service/access/roles.h"
#include "service/reading/reading_assign.h"
#include "service/reading/reading_import.h"

enum { ROOM_WIDTH = 60, ROOM_HEIGHT = 80 };

/* Writes a data set of studies s0, s1, ... with two films each (s0a, s0b) into a new folder below
 * check_tmp(), in a static buffer. The last study has the split "test", the others "train". Films
 * have a box of each of two readers, or none. */
const char *room_data_set(const char *name, int studies);
/* A project "spine" of two readers for each study, with the films of the folder. */
sx_reading_project room_project(sx_db *db, const char *folder);
/* The same with other settings of *settings: key, name, readers. */
sx_reading_project room_project_as(sx_db *db, const char *folder,
                                   const sx_reading_project *settings);
/* Adds an account without a password; its id. */
int64_t room_person(sx_db *db, const char *login, sx_role role);
/* Assigns round 1 to readers whose logins are separated by blanks. */
sx_reading_assigned room_assign(sx_db *db, const sx_reading_project *p, const char *logins);

/* The first number of a query without values; fails without a row. */
int64_t room_number(sx_db *db, const char *sql);
/* The id of a reader's task with this seq. */
int64_t room_task(sx_db *db, const char *login, int seq);
/* The id of a film of the task: 0 the first, 1 the second. */
int64_t room_film(sx_db *db, int64_t task, int index);
int64_t room_label(sx_db *db, const char *name);

#endif
