#include "sequence/journey_summary.h"

#include "base/arena.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BARS_MAX = 20, CAMPAIGNS_SHOWN = 10 };

size_t journey_summary_length(const struct journey_summary *summary, double share)
{
    uint64_t sum = 0;

    for (size_t i = 0; i <= JOURNEY_LENGTH_EXACT; i++) {
        sum += summary->length[i];
        if ((double)sum >= share * (double)summary->journeys)
            return i;
    }
    return JOURNEY_LENGTH_EXACT + 1;
}

void journey_summary_clear(struct journey_summary *summary)
{
    for (size_t i = 0; summary->campaign && i < summary->campaigns; i++)
        free((char *)summary->campaign[i].name);
    free(summary->campaign);
    *summary = (struct journey_summary){0};
}

static void print_time(FILE *to, const char *label, int64_t microseconds)
{
    const time_t seconds = (time_t)(microseconds / 1000000 - (microseconds % 1000000 < 0));
    struct tm parts;
    char text[64];

    if (gmtime_r(&seconds, &parts) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts))
        fprintf(to, "%-14s %s UTC\n", label, text);
}

static void print_bar(FILE *to, uint64_t count, uint64_t most, size_t width)
{
    size_t cells = most ? (size_t)((double)count / (double)most * (double)width + 0.5) : 0;

    if (cells == 0 && count)
        cells = 1;
    while (cells--)
        putc('#', to);
    putc('\n', to);
}

/* One line a length where they are few; the last bar holds everything longer. */
static void print_lengths(const struct journey_summary *s, FILE *to, size_t columns)
{
    /* Numbers take 31 columns. Nobody looks where there is no terminal: a fixed width. */
    const size_t width = columns == 0 ? 44 : columns > 36 ? columns - 32 : 4;
    uint64_t most = 0, longer = 0, sum = 0;

    for (size_t i = 1; i <= JOURNEY_LENGTH_EXACT + 1; i++) {
        if (i > BARS_MAX)
            longer += s->length[i];
        else if (s->length[i] > most)
            most = s->length[i];
    }
    most = longer > most ? longer : most;
    fprintf(to, "\n%8s %12s %8s\n", "length", "journeys", "up to");
    for (size_t i = 1; i <= BARS_MAX + (longer > 0); i++) {
        const uint64_t count = i > BARS_MAX ? longer : s->length[i];
        if (count == 0 && sum == s->journeys)
            break;
        sum += count;
        fprintf(to, i > BARS_MAX ? "%7zu+ " : "%8zu ", i);
        fprintf(to, "%12" PRIu64 " %6.1f %% ", count, 100.0 * (double)sum / (double)s->journeys);
        print_bar(to, count, most, width);
    }
}

static void print_campaigns(const struct journey_summary *s, FILE *to)
{
    const size_t shown = s->campaigns < CAMPAIGNS_SHOWN ? s->campaigns : CAMPAIGNS_SHOWN;

    if (!s->campaign)
        return;
    fprintf(to, "\n%12s %12s  campaign (%zu of %zu)\n", "impressions", "conversions", shown,
            s->campaigns);
    for (size_t i = 0; i < shown; i++)
        fprintf(to, "%12" PRIu64 " %12" PRIu64 "  %.200s\n", s->campaign[i].impressions,
                s->campaign[i].conversions, s->campaign[i].name);
}

void journey_summary_print(const struct journey_summary *s, FILE *to, size_t columns)
{
    static const char *const split_name[] = {"train", "test", "val"};
    const size_t whole = journey_summary_length(s, 0.8);

    fprintf(to, "%-14s %" PRIu64 "\n", "impressions", s->impressions);
    fprintf(to, "%-14s %" PRIu64 "\n", "entities", s->entities);
    fprintf(to, "%-14s %" PRIu64 "\n", "journeys", s->journeys);
    fprintf(to, "%-14s %" PRIu64 " (%.2f %% of journeys)\n", "conversions", s->conversions,
            s->journeys ? 100.0 * (double)s->conversions / (double)s->journeys : 0.0);
    fprintf(to, "%-14s %zu, %zu of them in the training split\n", "campaigns", s->campaigns,
            s->vocabulary);
    print_time(to, "first", s->first_time);
    print_time(to, "last", s->last_time);
    for (int i = 0; i < SPLIT_COUNT; i++)
        fprintf(to, "%-14s %" PRIu64 " entities, %" PRIu64 " journeys, %" PRIu64 " conversions\n",
                split_name[i], s->split[i].entities, s->split[i].journeys, s->split[i].conversions);
    print_lengths(s, to, columns);
    if (whole > JOURNEY_LENGTH_EXACT)
        fprintf(to, "\n80 %% of journeys are whole only beyond length %d\n", JOURNEY_LENGTH_EXACT);
    else
        fprintf(to, "\n80 %% of journeys are whole at length %zu\n", whole);
    print_campaigns(s, to);
}
