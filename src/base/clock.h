/* Time. */
#ifndef SX_BASE_CLOCK_H
#define SX_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

double sx_now(void);         /* seconds of a monotonic clock */
int64_t sx_wall_clock(void); /* milliseconds since 1970, UTC */
/* "2026-11-23T12:00:00Z": the time now */
void sx_timestamp(char *buf, size_t size);
/* The same of milliseconds since 1970; "" if `buf` is too short for it. */
void sx_timestamp_of(int64_t milliseconds, char *buf, size_t size);
/* Today's date in UTC, "2026-11-23"; the date of SOURCE_DATE_EPOCH (seconds since 1970) if that is
 * set, as reproducible-builds.org describes it. */
void sx_today(char *buf, size_t size);
/* Peak resident memory of this process, in bytes. */
size_t sx_peak_memory(void);

#endif
