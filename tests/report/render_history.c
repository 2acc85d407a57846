/* render_history PAGE.HTML — the page of the made-up run, to look at. */
#include "base/file.h"
#include "history_document.h"
#include "report/report.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct text html = {0};
    struct error err = {0};

    if (argc != 2)
        return 2;
    json_t *document = history_document();
    if (!report_html(&html, document, &err) ||
        !file_write(argv[1], html.bytes, html.length, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    json_decref(document);
    text_clear(&html);
    return 0;
}
