/* Parts of Markdown documents. */
#ifndef SX_PUBLISH_MARKDOWN_H
#define SX_PUBLISH_MARKDOWN_H

#include "publish/about.h"

/* The licence in the fields of a card's header that the Hub reads. */
void sx_put_hub_licence(sx_str *out, const sx_about *a);
/* A text on one line, without characters that Markdown would obey. */
void sx_put_markdown(sx_str *out, const char *text);
/* A text as an indented block, with an empty line after it. */
void sx_put_code(sx_str *out, const char *text);
/* A document whose headings become one level lower. */
void sx_put_demoted(sx_str *out, const char *document);

#endif
