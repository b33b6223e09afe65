/* A command may be run by root and the service by a user of its own, who must be able to read and
 * remove what the command makes in the folder of the service. */
#ifndef SX_SERVICE_READING_FOLDER_OWNER_H
#define SX_SERVICE_READING_FOLDER_OWNER_H

#include <stdbool.h>

#include "base/fail.h"

/* If this process is root, gives a file or folder to the owner and group of `folder`; a symbolic
 * link is not followed. Otherwise does nothing. SX_ERR_IO. */
bool sx_give_to_owner_of(const char *folder, const char *path, sx_error *err) SX_MUST_USE;
/* Makes each of the folders between `folder` and `below` in it ("pixels/ab") that does not exist.
 * Run by root, what was made now is given to the owner and group of `folder`; folders that existed
 * keep their owner, and a symbolic link on the way is an error. SX_ERR_IO, SX_ERR_MEMORY. */
bool sx_make_folders_in(const char *folder, const char *below, sx_error *err) SX_MUST_USE;
/* Makes an empty private file of `folder`, which it belongs to like those folders; one that exists
 * is left as it is. SX_ERR_IO. */
bool sx_make_file_in(const char *folder, const char *name, sx_error *err) SX_MUST_USE;

#endif
