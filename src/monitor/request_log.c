#include "monitor/request_log.h"

#include "base/arena.h"
#include "base/log.h"
#include "monitor/request_line.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 4 << 20,           /* of each of two; the longest line fits */
    WAKE_BYTES = 256 * 1024,          /* the writer is woken when so much waits */
    IDLE_NANOSECONDS = 250 * 1000000, /* and looks by itself this often */
    COMMON_LINE_BYTES = 4096,         /* formatted on the stack */
};
_Static_assert((int)REQUEST_LINE_MAX <= (int)BUFFER_BYTES, "a line must fit the buffer");

/*
 * Callers fill `filling` under the lock; the writer swaps it with `spare` and writes without the
 * lock. A caller who finds no room waits for the next swap.
 */
struct request_log {
    int fd; /* -1: nowhere */
    bool payloads, closing, warned;
    char *filling, *spare;
    size_t used;
    pthread_mutex_t lock;
    pthread_cond_t wanted, swapped;
    pthread_t writer;
};

static void write_out(struct request_log *log, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t done = write(log->fd, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            if (!log->warned)
                log_warning("cannot write the request log: %s; lines are lost", strerror(errno));
            log->warned = true;
            return;
        }
        bytes += done;
        size -= (size_t)done;
    }
    log->warned = false;
}

static void *writer_main(void *context)
{
    struct request_log *log = context;
    bool closing = false;

    while (!closing) {
        struct timespec until;

        pthread_mutex_lock(&log->lock);
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += IDLE_NANOSECONDS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        while (!log->closing && log->used < WAKE_BYTES &&
               pthread_cond_timedwait(&log->wanted, &log->lock, &until) == 0)
            continue;
        char *bytes = log->filling;
        const size_t size = log->used;
        closing = log->closing;
        log->filling = log->spare;
        log->spare = bytes;
        log->used = 0;
        pthread_cond_broadcast(&log->swapped);
        pthread_mutex_unlock(&log->lock);
        write_out(log, bytes, size);
    }
    return NULL;
}

/* Signals are for the thread that runs the program, not for the writer. */
static bool start_writer(struct request_log *log)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const int status = pthread_create(&log->writer, NULL, writer_main, log);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status == 0;
}

static void init_waiting(struct request_log *log)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&log->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&log->wanted, &attributes);
    pthread_cond_init(&log->swapped, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void free_log(struct request_log *log)
{
    pthread_cond_destroy(&log->wanted);
    pthread_cond_destroy(&log->swapped);
    pthread_mutex_destroy(&log->lock);
    if (log->fd > STDERR_FILENO)
        close(log->fd);
    free(log->filling);
    free(log->spare);
    free(log);
}

bool request_log_open(struct request_log **log, const char *path, bool payloads, struct error *err)
{
    struct request_log *l = memory_take_zeroed(1, sizeof *l);

    l->payloads = payloads;
    l->fd = -1;
    init_waiting(l);
    if (path && strcmp(path, "-") == 0)
        l->fd = STDERR_FILENO;
    else if (path)
        l->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (path && l->fd < 0) {
        error_set(err, ERR_IO, "cannot open the request log '%s': %s", path, strerror(errno));
        free_log(l);
        return false;
    }
    if (path) {
        l->filling = memory_take(BUFFER_BYTES, 1);
        l->spare = memory_take(BUFFER_BYTES, 1);
        if (!start_writer(l)) {
            free_log(l);
            return error_set(err, ERR_IO, "cannot start a thread for the request log");
        }
    }
    *log = l;
    return true;
}

void request_log_close(struct request_log *log)
{
    if (!log)
        return;
    if (log->fd >= 0) {
        pthread_mutex_lock(&log->lock);
        log->closing = true;
        pthread_cond_signal(&log->wanted);
        pthread_mutex_unlock(&log->lock);
        pthread_join(log->writer, NULL);
    }
    free_log(log);
}

static void append(struct request_log *log, const char *line, size_t length)
{
    pthread_mutex_lock(&log->lock);
    while (BUFFER_BYTES - log->used < length)
        pthread_cond_wait(&log->swapped, &log->lock);
    memcpy(log->filling + log->used, line, length);
    const bool wake = log->used < WAKE_BYTES && log->used + length >= WAKE_BYTES;
    log->used += length;
    if (wake)
        pthread_cond_signal(&log->wanted);
    pthread_mutex_unlock(&log->lock);
}

void request_log_write(struct request_log *log, const struct request_record *record)
{
    char common[COMMON_LINE_BYTES];

    if (!log || log->fd < 0)
        return;
    const size_t bound = request_line_bound(record, log->payloads);
    char *line = bound <= sizeof common ? common : memory_take(bound, 1);
    append(log, line, request_line_format(line, record, log->payloads));
    if (line != common)
        free(line);
}

bool request_log_payloads(const struct request_log *log)
{
    return log && log->fd >= 0 && log->payloads;
}
