/* fuzz_request_log — any bytes as a request log to be replayed. */
#include "monitor/request_reader.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* So that the sanitizer sees a length that is wrong. */
static size_t sum_of(struct table_string payload)
{
    size_t sum = 0;

    for (size_t i = 0; payload.bytes && i < payload.length; i++)
        sum += (unsigned char)payload.bytes[i];
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int fd = memfd_create("log", MFD_CLOEXEC);
    struct request_reader *reader;
    struct logged_request request;
    struct error err = {0};
    char path[64];
    bool more = true, ok;
    size_t last = 0, sum = 0;

    BUG_ON(fd < 0 || write(fd, data, size) != (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ok = request_reader_open(&reader, path, &err);
    BUG_ON(!ok);
    while (ok && more) {
        ok = request_reader_next(reader, &request, &more, &err);
        if (!ok || !more)
            break;
        BUG_ON(request.line <= last || !request.method || !request.path);
        last = request.line;
        sum += sum_of(request.request) + sum_of(request.response);
        sum += request.id ? strlen(request.id) : 0;
    }
    BUG_ON(!ok && err.text[0] == '\0');
    BUG_ON(sum == SIZE_MAX);
    request_reader_close(reader);
    close(fd);
    return 0;
}
