/* fuzz_s3_xml — any bytes as a store's listing and as its error. */
#include "remote/s3_xml.h"

#include "remote/s3_address.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena memory = {0};
    struct s3_page page = {0};
    struct error err = {0};
    char code[16];

    if (s3_page_parse(&page, (const char *)data, size, &memory, &err)) {
        for (size_t i = 0; i < page.count; i++)
            BUG_ON(!page.object[i].key || !page.object[i].key[0] || !page.object[i].etag ||
                   strlen(page.object[i].key) > S3_KEY_MAX);
        BUG_ON(page.next && !page.next[0]);
    } else {
        BUG_ON(err.code == ERR_NONE || err.text[0] == '\0');
    }
    if (s3_xml_find((const char *)data, size, "Code", code, sizeof code))
        BUG_ON(strlen(code) >= sizeof code);
    s3_page_clear(&page);
    arena_clear(&memory);
    return 0;
}
