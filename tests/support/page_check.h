/* Checks a page of ours: elements are closed, ids unique, links lead somewhere. */
#ifndef TESTS_SUPPORT_PAGE_CHECK_H
#define TESTS_SUPPORT_PAGE_CHECK_H

/* Fails the test if an element is not closed in order; an id occurs twice; a link leads to no id,
 * to an absolute path or to another host; a picture comes from there or has no alt text; or the
 * page has a script with attributes, or two scripts. */
void check_page(const char *html);

#endif
