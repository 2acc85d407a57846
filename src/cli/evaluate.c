#include "cli/command.h"

#include "base/log.h"
#include "pipeline/bundle_evaluate.h"
#include "remote/place.h"

#include <stdio.h>

static bool print_document(const json_t *document, struct error *err)
{
    if (json_dumpf(document, stdout, JSON_INDENT(2)) != 0)
        return error_set(err, ERR_IO, "cannot write to stdout");
    putchar('\n');
    return command_flush(err);
}

static bool write_document(const json_t *document, const char *output, struct error *err)
{
    struct place place;

    if (!place_prepare(&place, output, err))
        return false;
    const bool ok = (json_write(place.local, document, err) || place_explain(&place, err)) &&
                    place_send(&place, err);
    place_clear(&place);
    return ok;
}

int cmd_evaluate(int argc, char **argv)
{
    const char *bundle = NULL, *data = NULL, *output = NULL, *history = NULL;
    json_t *document = NULL;
    struct error err = {0};
    int status;
    const struct option table[] = {
        {OPTION_POSITIONAL, "BUNDLE", &bundle, true, "a bundle: folder, .tar.gz or s3://...", 0, 0},
        {OPTION_POSITIONAL, "DATA", &data, true,
         "rows with the truth: .parquet, .csv, .csv.gz, .jsonl, a glob or a query", 0, 0},
        {OPTION_TEXT, "history", &history, false,
         "earlier orders, of a bundle with histories: a table as DATA", 0, 0},
        {OPTION_TEXT, "output", &output, false,
         "or -o: file to write evaluation.json to (default: stdout)", 0, 0},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    const bool ok =
        (history ? bundle_evaluate_history(bundle, data, history, &document, &err)
                 : bundle_evaluate(bundle, data, &document, &err)) &&
        (output ? write_document(document, output, &err) : print_document(document, &err));
    json_decref(document);
    return ok ? 0 : command_fail("evaluate", &err);
}
