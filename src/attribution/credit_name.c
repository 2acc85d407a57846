#include "attribution/credit_name.h"

size_t credit_name_width(const char *name)
{
    size_t width = 0;

    for (; *name; name++)
        width += ((unsigned char)*name & 0xC0) != 0x80;
    return width;
}

void credit_name_add(struct text *out, const char *name, size_t width)
{
    const bool cut = credit_name_width(name) > width;
    size_t used = 0;

    for (; *name; name++) {
        const bool begins = ((unsigned char)*name & 0xC0) != 0x80;
        if (begins && used == width - cut)
            break;
        used += begins;
        text_add(out, (unsigned char)*name < ' ' || *name == 127 ? "?" : name, 1);
    }
    if (cut)
        text_add(out, "~", 1), used++;
    for (; used < width; used++)
        text_add(out, " ", 1);
}
