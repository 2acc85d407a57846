#include "base/terminal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_COLUMNS = 80, MOST_COLUMNS = 1000 };

size_t terminal_columns(int fd)
{
    const char *set = getenv("COLUMNS");
    struct winsize size;
    int64_t columns;

    if (!isatty(fd))
        return 0;
    if (set && text_to_int64(set, strlen(set), &columns) && columns > 0)
        return columns < MOST_COLUMNS ? (size_t)columns : MOST_COLUMNS;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : DEFAULT_COLUMNS;
}
