/* Documents of tables on the terminal and in files. */
#ifndef SX_CLI_DOCUMENTS_H
#define SX_CLI_DOCUMENTS_H

#include "document/document.h"

/* sx_doc_to_text, sx_doc_to_csv or sx_doc_to_html */
typedef bool sx_doc_render(const sx_doc *d, sx_str *out, sx_error *err);

/* Writes the document to a file, or prints it if `path` is NULL. */
bool sx_cli_write_doc(const sx_doc *d, sx_doc_render *render, const char *path,
                      sx_error *err) SX_MUST_USE;
/* Prints a document that a command has made, and frees it. NULL: memory ran out. */
bool sx_cli_print_doc(sx_doc *d, sx_error *err) SX_MUST_USE;

#endif
