#include "request/page.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_COLUMNS = 80 };

int
page_open(struct page *page, struct fault *fault)
{
    page->text = NULL;
    page->size = 0;
    page->stream = open_memstream(&page->text, &page->size);
    return page->stream != NULL ? 0 : fault_set(fault, STATUS_LOCAL, "write a page");
}

int
page_show(struct page *page, struct fault *fault)
{
    int result = 0;
    bool whole = !ferror(page->stream);
    if (fclose(page->stream) != 0 || !whole)
        result = fault_say(fault, STATUS_LOCAL, strerror(ENOMEM), "write a page");
    else if (fwrite(page->text, 1, page->size, stdout) != page->size || fflush(stdout) != 0)
        result = fault_set(fault, STATUS_LOCAL, "write to standard output");
    free(page->text);
    return result;
}

void
page_wrap(FILE *stream, const char *words, size_t column, size_t indent)
{
    bool begins_line = true;
    while (*words != '\0') {
        size_t size = strcspn(words, " ");
        if (!begins_line && column + 1 + size > PAGE_COLUMNS) {
            fprintf(stream, "\n%*s", (int)indent, "");
            column = indent;
            begins_line = true;
        }
        fprintf(stream, "%s%.*s", begins_line ? "" : " ", (int)size, words);
        column += size + (begins_line ? 0 : 1);
        begins_line = false;
        words += size + strspn(words + size, " ");
    }
    putc('\n', stream);
}
