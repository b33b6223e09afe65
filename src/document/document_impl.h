/* Internal to the document: the structures that the renderers read. */
#ifndef SX_DOCUMENT_DOCUMENT_IMPL_H
#define SX_DOCUMENT_DOCUMENT_IMPL_H

#include "base/mem.h"
#include "document/document.h"

typedef struct sx_cell {
    char *text, *link; /* link: an anchor, NULL: none */
    char *title;       /* the text that `text` is short for; NULL: none */
    bool number;
    double value;
    sx_interval interval; /* NaN: none */
} sx_cell;

typedef struct sx_row {
    sx_cell *cells; /* [columns] */
    size_t cell_count;
    bool strong, total;
    struct sx_row *next;
} sx_row;

enum { SX_COLUMNS_MAX = 72 };

struct sx_table {
    sx_doc *doc;
    char *id, *caption;
    char *headings[SX_COLUMNS_MAX];
    bool numbers[SX_COLUMNS_MAX];
    size_t column_count;
    sx_row *first, *last;
};

typedef enum sx_block_kind {
    SX_BLOCK_SECTION,
    SX_BLOCK_SUBSECTION,
    SX_BLOCK_TEXT,
    SX_BLOCK_TABLE,
    SX_BLOCK_FIGURE,
    SX_BLOCK_FILM
} sx_block_kind;

typedef struct sx_block {
    sx_block_kind kind;
    char *text;   /* section, paragraph, caption, title of a film */
    char *anchor; /* NULL: none */
    char *link, *detail, *alt;
    sx_table *table;
    sx_figure *figure;
    char *file;              /* a picture; NULL: bytes */
    char *view, *plain_file; /* of a film for the viewer; NULL: none */
    sx_str plain;            /* its picture; empty: plain_file */
    sx_str bytes;            /* a picture */
    bool half, wide, full, page_only;
    struct sx_block *next;
} sx_block;

typedef struct sx_line {
    char *key, *text;
    struct sx_line *next;
} sx_line;

struct sx_doc {
    sx_arena *arena;
    char *title;
    sx_line *notices, *last_notice, *facts, *last_fact, *warnings, *last_warning;
    sx_block *first, *last;
    bool interactive;       /* the page has a script */
    bool failed, page_only; /* page_only: of the blocks to come */
    sx_doc *taken, *next;   /* documents that were appended, kept for their memory */
};

extern const char sx_doc_style[]; /* document_style.c */
/* Made from document_page.js and document_page.css. */
extern const char sx_page_script[], sx_page_style[];

bool sx_doc_check(const sx_doc *d, sx_error *err) SX_MUST_USE; /* false when memory ran out */

#endif
