/*
 * A page for standard output: written into memory first, so that it comes out as one write whose failure is
 * seen.
 */
#ifndef SKT_REQUEST_PAGE_H
#define SKT_REQUEST_PAGE_H

#include "base/fault.h"
#include <stddef.h>
#include <stdio.h>

struct page {
    FILE *stream; /* to be written to */
    char *text;
    size_t size;
};

/* Returns 0, or -1 with STATUS_LOCAL. */
int page_open(struct page *page, struct fault *fault);

/* Close the page and put it on standard output. Returns 0, or -1 with STATUS_LOCAL. */
int page_show(struct page *page, struct fault *fault);

/*
 * Write words to a stream, broken at blanks so that no line is longer than 80 columns.
 *
 * column  how much of the line is taken already
 * indent  blanks before each further line
 */
void page_wrap(FILE *stream, const char *words, size_t column, size_t indent);

#endif
