/*
 * fuzz_sales_journal — a CSV store's bronze.csv with any bytes put in anywhere: it opens with the
 * rows it had, or is refused with a sentence. And any text is read back from a line as it was.
 */
#include "base/file.h"
#include "sales/store_csv.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(void *context, const struct sales_row *row)
{
    size_t *rows = context;

    BUG_ON(row->id != (int64_t)++ * rows);
    BUG_ON(!row->vegetable || !row->posted || !row->request);
}

/* What the journal's writer makes of texts is read back the same. */
static void there_and_back(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct text line = {0};
    struct csv_line read = {0};

    csv_line_add_text(&line, text);
    csv_line_add_text(&line, "");
    BUG_ON(memchr(line.bytes, '\n', line.length));
    BUG_ON(!csv_line_split(&read, line.bytes, line.length - 1) || read.fields != 2);
    BUG_ON(strcmp(read.field[0], text) != 0);
    csv_line_clear(&read);
    text_clear(&line);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[64], where[80], path[80];
    const struct sales_row row = {
        .id = 1, .request = "r", .vegetable = "Tomate", .posted = "{}", .sales = 1, .period = 2};
    struct sales_store *store = NULL;
    struct sales_position now;
    struct error err = {0};
    struct text file = {0};
    size_t rows = 0;

    there_and_back(data, size);
    /* In memory, where there is such a place: every input is written to a file three times. */
    snprintf(folder, sizeof folder, "%s/quern-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    BUG_ON(!mkdtemp(folder));
    snprintf(where, sizeof where, "csv:%s", folder);
    snprintf(path, sizeof path, "%s/bronze.csv", folder);
    BUG_ON(!sales_store_open(&store, where, &err) || !store->kind->write(store, &row, 1, &err));
    sales_store_close(store);
    char *bytes;
    size_t length;
    BUG_ON(!file_read(path, 1 << 20, &bytes, &length, &err));
    /* The first byte says where in the file the rest is put. */
    const size_t at = size > 0 ? length * data[0] / 255 : length;
    text_add(&file, bytes, at);
    text_add(&file, (const char *)data + (size > 0), size - (size > 0));
    text_add(&file, bytes + at, length - at);
    BUG_ON(!file_write(path, file.bytes, file.length, &err));
    if (sales_store_open(&store, where, &err)) {
        BUG_ON(
            !store->kind->changes(store, (struct sales_position){-1, 0}, visit, &rows, &now, &err));
        sales_store_close(store);
    } else {
        BUG_ON(err.code == ERR_NONE || err.text[0] == '\0');
    }
    free(bytes);
    text_clear(&file);
    struct error ignored;
    BUG_ON(!file_remove_tree(folder, &ignored));
    return 0;
}
