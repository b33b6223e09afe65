#include "cli/command.h"

#define GROUP(word, summary)
#define COMMAND(name) extern const sx_command sx_cmd_##name;
#include "cli/commands.inc"
#undef COMMAND
#undef GROUP

const sx_command *const sx_commands[] = {
#define GROUP(word, summary)
#define COMMAND(name) &sx_cmd_##name,
#include "cli/commands.inc"
#undef COMMAND
#undef GROUP
    NULL,
};

const sx_command_group sx_command_groups[] = {
#define GROUP(word, summary) { #word, summary },
#define COMMAND(name)
#include "cli/commands.inc"
#undef COMMAND
#undef GROUP
    { NULL, NULL },
};
