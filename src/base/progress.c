#include "base/progress.h"

#include "base/clock.h"
#include "base/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_CELLS = 20, LINE_MAX_COLUMNS = 200 };
static const double redraw_seconds = 0.1, plain_seconds = 10.0;

static bool terminal_can_redraw(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_begin(struct progress *progress, const char *label, uint64_t total, bool quiet)
{
    *progress = (struct progress){
        .total = total,
        .started = clock_seconds(),
        .terminal = terminal_can_redraw(),
        .quiet = quiet,
    };
    snprintf(progress->label, sizeof progress->label, "%s", label);
    progress->shown = progress->terminal ? 0 : progress->started;
}

static void draw(const struct progress *progress, uint64_t done, const char *note)
{
    char line[LINE_MAX_COLUMNS + 1];
    const size_t columns = terminal_columns(STDERR_FILENO);
    int used = snprintf(line, sizeof line, "%-12s ", progress->label);

    if (progress->total) {
        const double share = done >= progress->total ? 1.0 : (double)done / (double)progress->total;
        char bar[BAR_CELLS + 1];
        for (int i = 0; i < BAR_CELLS; i++)
            bar[i] = i < (int)(share * BAR_CELLS) ? '=' : ' ';
        bar[BAR_CELLS] = '\0';
        used +=
            snprintf(line + used, sizeof line - (size_t)used, "[%s] %3.0f %%", bar, share * 100);
        const double spent = clock_seconds() - progress->started;
        if (share > 0.02 && share < 1 && spent > 1)
            used += snprintf(line + used, sizeof line - (size_t)used, " %.0f s left",
                             spent * (1 - share) / share);
    } else {
        used += snprintf(line + used, sizeof line - (size_t)used, "%" PRIu64, done);
    }
    if (note && (size_t)used < sizeof line)
        snprintf(line + used, sizeof line - (size_t)used, "  %s", note);
    if (columns > 1 && columns - 1 < sizeof line)
        line[columns - 1] = '\0';
    fprintf(stderr, "\r%s\x1b[K", line);
    fflush(stderr);
}

void progress_update(struct progress *progress, uint64_t done, const char *note)
{
    if (progress->quiet)
        return;
    const double now = clock_seconds();
    if (now - progress->shown < (progress->terminal ? redraw_seconds : plain_seconds))
        return;
    progress->shown = now;
    if (progress->terminal)
        draw(progress, done, note);
    else if (progress->total)
        fprintf(stderr, "%-12s %.0f %%  %s\n", progress->label,
                100.0 * (double)done / (double)progress->total, note ? note : "");
    else
        fprintf(stderr, "%-12s %" PRIu64 "  %s\n", progress->label, done, note ? note : "");
}

void progress_end(struct progress *progress, const char *summary)
{
    if (progress->quiet)
        return;
    fprintf(stderr, "%s%-12s %s  (%.1f s)\n", progress->terminal ? "\r\x1b[K" : "", progress->label,
            summary ? summary : "done", clock_seconds() - progress->started);
}

void progress_skip(const char *label, bool quiet)
{
    if (!quiet)
        fprintf(stderr, "%-12s unchanged, skipped\n", label);
}

void progress_cancel(struct progress *progress)
{
    if (!progress->quiet && progress->terminal)
        fprintf(stderr, "\r\x1b[K");
}
