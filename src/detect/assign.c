#include "detect/assign.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

typedef struct search {
    const double *cost;
    int rows, columns;
    double *u, *v;    /* potentials of the rows and columns */
    double *shortest; /* [column]: length of the shortest path found so far */
    int *path;        /* [column]: the preceding row on that path */
    int *row_of;      /* [column]: -1: free */
    int *column_of;   /* [row] */
    bool *seen_row, *seen_column;
} search;

/* Finds the shortest augmenting path from `row` to a free column; returns that column and the
 * path's length. */
static int find_path(search *s, int row, double *length) {
    double low = 0;
    for (int c = 0; c < s->columns; c++) {
        s->shortest[c] = INFINITY;
        s->seen_column[c] = false;
    }
    for (int r = 0; r < s->rows; r++)
        s->seen_row[r] = false;
    for (;;) {
        int best = -1;
        double least = INFINITY;
        s->seen_row[row] = true;
        for (int c = 0; c < s->columns; c++) {
            if (s->seen_column[c]) continue;
            double d =
                low + s->cost[(size_t)row * (size_t)s->columns + (size_t)c] - s->u[row] - s->v[c];
            if (d < s->shortest[c]) {
                s->shortest[c] = d;
                s->path[c] = row;
            }
            /* of equal lengths a free column is preferred: it ends the search */
            if (s->shortest[c] < least ||
                (s->shortest[c] == least && s->row_of[c] < 0 && s->row_of[best] >= 0)) {
                least = s->shortest[c];
                best = c;
            }
        }
        low = least;
        s->seen_column[best] = true;
        if (s->row_of[best] < 0) {
            *length = low;
            return best;
        }
        row = s->row_of[best];
    }
}

static void augment(search *s, int row) {
    double length;
    int c = find_path(s, row, &length);
    s->u[row] += length;
    for (int r = 0; r < s->rows; r++)
        if (s->seen_row[r] && r != row) s->u[r] += length - s->shortest[s->column_of[r]];
    for (int k = 0; k < s->columns; k++)
        if (s->seen_column[k]) s->v[k] -= length - s->shortest[k];
    for (int r = -1; r != row;) {
        r = s->path[c];
        s->row_of[c] = r;
        int next = s->column_of[r];
        s->column_of[r] = c;
        c = next;
    }
}

bool sx_assign(const double *cost, int rows, int columns, int *column, sx_error *err) {
    if (rows > columns)
        return sx_fail(err, SX_ERR_USAGE, "%d rows cannot share %d columns", rows, columns);
    for (size_t i = 0; i < (size_t)rows * (size_t)columns; i++)
        if (!isfinite(cost[i]))
            return sx_fail(err, SX_ERR_VALUE, "the cost of row %zu, column %zu is not a number",
                           i / (size_t)columns, i % (size_t)columns);
    sx_arena *a = sx_arena_new();
    const size_t r = (size_t)rows, c = (size_t)columns;
    search s = { .cost = cost, .rows = rows, .columns = columns };
    if (a) {
        s.u = sx_arena_alloc(a, r + 1, sizeof *s.u);
        s.v = sx_arena_alloc(a, c + 1, sizeof *s.v);
        s.shortest = sx_arena_alloc(a, c + 1, sizeof *s.shortest);
        s.path = sx_arena_alloc(a, c + 1, sizeof *s.path);
        s.row_of = sx_arena_alloc(a, c + 1, sizeof *s.row_of);
        s.column_of = column;
        s.seen_row = sx_arena_alloc(a, r + 1, sizeof *s.seen_row);
        s.seen_column = sx_arena_alloc(a, c + 1, sizeof *s.seen_column);
    }
    bool ok = s.u && s.v && s.shortest && s.path && s.row_of && s.seen_row && s.seen_column;
    for (int k = 0; ok && k < columns; k++)
        s.row_of[k] = -1;
    for (int k = 0; ok && k < rows; k++)
        column[k] = -1;
    for (int k = 0; ok && k < rows; k++)
        augment(&s, k);
    sx_arena_free(a);
    return ok || sx_fail(err, SX_ERR_MEMORY, "out of memory for an assignment");
}
