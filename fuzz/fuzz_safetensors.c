/* safetensors_parse() on any bytes: refused, or every tensor is readable to its last byte. */
#include "base/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct safetensors file;
    struct error err = {0};
    static volatile unsigned sum; /* what is read must not be optimised away */

    if (!safetensors_parse(&file, "fuzz", (const char *)bytes, size, &err)) {
        BUG_ON(err.code == ERR_NONE);
        return 0;
    }
    for (size_t i = 0; i < file.count; i++)
        for (size_t b = 0; b < file.tensor[i].bytes; b++)
            sum += ((const unsigned char *)file.tensor[i].data)[b];
    for (size_t i = 0; i < file.texts; i++)
        BUG_ON(!safetensors_metadata(&file, file.text[i].key));
    safetensors_close(&file);
    return 0;
}
