#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static void write_line(const char *prefix, const char *format, va_list args)
{
    char line[1024];
    int used = snprintf(line, sizeof line, "quern: %s", prefix);

    used += vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
    if (used > (int)sizeof line - 2)
        used = (int)sizeof line - 2;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)used) < 0)
        return; /* nowhere left to say it */
}

void log_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line("", format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line("warning: ", format, args);
    va_end(args);
}
