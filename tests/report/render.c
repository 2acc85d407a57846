/* render REPORT.JSON REPORT.HTML: the page of a document, for tools/screenshot and for looking. */
#include "base/file.h"
#include "base/json.h"
#include "report/report.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct error err = {0};
    struct text html = {0};
    json_t *document = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: render REPORT.JSON REPORT.HTML\n");
        return 2;
    }
    const bool ok = json_read(argv[1], (size_t)64 << 20, &document, &err) &&
                    report_html(&html, document, &err) &&
                    file_write(argv[2], html.bytes, html.length, &err);
    if (!ok)
        fprintf(stderr, "render: %s\n", err.text);
    text_clear(&html);
    json_decref(document);
    return ok ? 0 : error_exit_status(&err);
}
