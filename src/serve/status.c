#include "serve/status.h"

static const struct {
    int code;
    const char *word;
} statuses[STATUS_COUNT] = {
#define X(code, word) {code, word},
    STATUSES(X)
#undef X
};

enum status_index status_index(int status)
{
    for (size_t i = 0; i < STATUS_COUNT; i++)
        if (statuses[i].code == status)
            return (enum status_index)i;
    return STATUS_500;
}

int status_code(enum status_index index)
{
    return statuses[index].code;
}

const char *status_word(int status)
{
    return statuses[status_index(status)].word;
}

int status_of_error(const struct error *err)
{
    return err->code == ERR_DATA ? 400 : error_http_status(err);
}
