/* Whether the scores of the films that arrive are still distributed as they were. */
#ifndef SX_SERVICE_NODE_DRIFT_H
#define SX_SERVICE_NODE_DRIFT_H

#include "base/fail.h"
#include "base/str.h"
#include "service/store/db.h"

enum { SX_DRIFT_FILMS = 1000 };

/* The largest difference (0 to 1) between two distribution functions, which is Kolmogorov and
 * Smirnov's statistic: between that of the last SX_DRIFT_FILMS films and that of others. NAN: there
 * are too few films. */
typedef struct sx_drift {
    double before;    /* as many films before them, or at least 200 */
    double reference; /* of the reference, if none of its films is among the last ones */
} sx_drift;

/* Of the predictions by the weights that made the newest one. The reference is the first
 * SX_DRIFT_FILMS of them that were made on the day `from` (UTC, YYYYMMDD; 0: any) or later. Its
 * values are kept in the database, since predictions are deleted when their retention time is over.
 * `column`: a literal, the name of a column of the table prediction; films without a value do not
 * count. Errors: those of sx_db_query, SX_ERR_FORMAT if the values that were kept are damaged. */
bool sx_drift_measure(sx_db *db, const char *column, int from, sx_drift *out,
                      sx_error *err) SX_MUST_USE;

/* The statements on predictions, for a test that they use indexes. The second one has the weights
 * and the earliest time as its values; `order`: "ASC" or "DESC". */
#define SX_DRIFT_NEWEST_WEIGHTS "SELECT weights FROM prediction ORDER BY made DESC LIMIT 1"
void sx_drift_put_query(const char *column, const char *order, int most, sx_str *out);

#endif
