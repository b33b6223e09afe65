/* The statistics of a data set as tables. */
#ifndef SX_DOCUMENT_STATS_TABLES_H
#define SX_DOCUMENT_STATS_TABLES_H

#include "data/set_stats.h"
#include "document/document.h"

/* A document with tables of films and findings, with a column for each split that has films and one
 * for all films. Free with sx_doc_free. NULL when out of memory. */
sx_doc *sx_stats_tables(const sx_manifest *m, const sx_set_stats *s, const char *name) SX_MUST_USE;

#endif
