#include "base/clock.h"
#include "serve/metrics.h"

#include <dirent.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STAT_MAX = 2048 };

/* Fields of /proc/self/stat from the third on, which is where the program's name has ended. */
enum {
    STAT_UTIME = 11,
    STAT_STIME = 12,
    STAT_THREADS = 17,
    STAT_START = 19,
    STAT_VIRTUAL = 20,
    STAT_RESIDENT = 21,
    STAT_FIELDS = 22
};

static bool read_small(const char *path, char *text, size_t room)
{
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    const size_t length = fread(text, 1, room - 1, file);
    fclose(file);
    text[length] = '\0';
    return length > 0;
}

static bool read_stat(double field[STAT_FIELDS])
{
    char text[STAT_MAX], *at;

    if (!read_small("/proc/self/stat", text, sizeof text))
        return false;
    at = strrchr(text, ')');
    if (!at || strlen(at) < 4)
        return false;
    at += 4; /* ") S": the state is a letter */
    field[0] = 0;
    for (size_t i = 1; i < STAT_FIELDS; i++)
        field[i] = strtod(at, &at);
    return true;
}

/* Seconds since 1970 when the machine started. */
static double boot_time(void)
{
    char text[64];

    if (!read_small("/proc/uptime", text, sizeof text))
        return 0;
    return (double)clock_now() * 1e-6 - strtod(text, NULL);
}

static size_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    if (!folder)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1; /* the folder itself was one */
}

static void write_one(struct text *out, const char *name, const char *type, const char *help,
                      double value, bool openmetrics)
{
    metrics_family(out, name, type, help, openmetrics);
    text_add_format(out, "%s %.15g\n", name, value);
}

void metrics_write_process(struct text *out, bool openmetrics)
{
    const double tick = (double)sysconf(_SC_CLK_TCK), page = (double)sysconf(_SC_PAGESIZE);
    double field[STAT_FIELDS];
    struct rlimit files;

    if (read_stat(field)) {
        write_one(out, "process_cpu_seconds_total", "counter", "Processor time used.",
                  (field[STAT_UTIME] + field[STAT_STIME]) / tick, openmetrics);
        write_one(out, "process_resident_memory_bytes", "gauge", "Memory in use.",
                  field[STAT_RESIDENT] * page, openmetrics);
        write_one(out, "process_virtual_memory_bytes", "gauge", "Address space in use.",
                  field[STAT_VIRTUAL], openmetrics);
        write_one(out, "process_threads", "gauge", "Threads.", field[STAT_THREADS], openmetrics);
        write_one(out, "process_start_time_seconds", "gauge", "When the program started.",
                  boot_time() + field[STAT_START] / tick, openmetrics);
    }
    write_one(out, "process_open_fds", "gauge", "Open files and sockets.",
              (double)count_descriptors(), openmetrics);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        write_one(out, "process_max_fds", "gauge", "The limit of open files.",
                  (double)files.rlim_cur, openmetrics);
}
