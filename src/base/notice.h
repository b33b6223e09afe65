/* What stands with every result of networks: on pages, in pictures and on the terminal, before the
 * weights' own note. */
#ifndef SX_BASE_NOTICE_H
#define SX_BASE_NOTICE_H

#define SX_NOTICE "For research only, not a diagnosis."

#endif
