/* The pages that are part of the program: made from web/ by the build. Without node and npm it is
 * one text that says how to get them. */
#ifndef SX_SERVICE_WEB_PAGES_H
#define SX_SERVICE_WEB_PAGES_H

#include "service/web/web_options.h"

extern const sx_web_asset sx_pages[];
extern const size_t sx_page_count;

#endif
