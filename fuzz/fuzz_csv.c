/* fuzz_csv — any bytes as a CSV header line; and whatever splits must have names. */
#include "table/csv.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena memory = {0};
    struct csv_header header = {0};
    struct error err = {0};

    if (csv_header_read(&header, (const char *)data, size, &memory, &err)) {
        BUG_ON(header.count == 0);
        for (size_t i = 0; i < header.count; i++)
            BUG_ON(!header.name[i] || header.name[i][0] == '\0');
    } else {
        BUG_ON(err.code == ERR_NONE || err.text[0] == '\0');
    }
    arena_clear(&memory);
    return 0;
}
