/* Manual pages in the man(7) language, made from the tables of the commands: spinexr(1), one page
 * for each group, such as spinexr-data(1), and one for each command that is not hidden, such as
 * spinexr-data-check(1). "train" is a group and a command with one page. */
#ifndef SX_CLI_MAN_PAGE_H
#define SX_CLI_MAN_PAGE_H

#include "base/str.h"
#include "cli/command.h"

/* The page of `words`, "data check", or of the program (""). False: there is no such page. */
bool sx_man_page(sx_str *out, const sx_command *const *commands, const sx_command_group *groups,
                 const char *words) SX_MUST_USE;

/* Writes every page into a folder, which is made: spinexr-data-check.1 and so on. */
bool sx_man_pages(const char *folder, const sx_command *const *commands,
                  const sx_command_group *groups, sx_error *err) SX_MUST_USE;

#endif
