#include "sequence/journey_file.h"

#include <string.h>

/* No count in a file of journeys can pass this, so products of counts and sizes cannot overflow. */
static const uint64_t count_limit = UINT64_C(1) << 40;

static uint64_t section_size(const struct journey_file_header *h, enum journey_section section,
                             uint64_t name_bytes)
{
    switch (section) {
    case SECTION_OFFSET:
        return (h->count + 1) * 8;
    case SECTION_TIME:
        return h->impressions * 8;
    case SECTION_TOKEN:
        return h->impressions * 4;
    case SECTION_ID:
    case SECTION_ENTITY:
        return h->count * 8;
    case SECTION_CONVERTED:
    case SECTION_SPLIT:
        return h->count;
    case SECTION_NAME_END:
        return h->campaigns * 8;
    case SECTION_NAMES:
        return name_bytes;
    case SECTION_SUMMARY:
        return sizeof(struct journey_summary);
    case SECTION_COUNT:
        break;
    }
    BUG("no such section");
}

uint64_t journey_file_plan(struct journey_file_header *header, uint64_t name_bytes)
{
    uint64_t at = (sizeof *header + 63) / 64 * 64;

    memcpy(header->magic, JOURNEY_FILE_MAGIC, sizeof header->magic);
    header->version = JOURNEY_FILE_VERSION;
    header->header_size = sizeof *header;
    for (int s = 0; s < SECTION_COUNT; s++) {
        header->section[s].at = at;
        header->section[s].size = section_size(header, s, name_bytes);
        at = (at + header->section[s].size + 63) / 64 * 64;
    }
    return at;
}

static bool check_header(const struct journey_file_header *h, uint64_t size, struct error *err)
{
    struct journey_file_header planned;

    if (size < sizeof *h || memcmp(h->magic, JOURNEY_FILE_MAGIC, sizeof h->magic) != 0)
        return error_set(err, ERR_DATA, "it is not a file of journeys");
    if (h->version != JOURNEY_FILE_VERSION || h->header_size != sizeof *h)
        return error_set(err, ERR_DATA, "it has format version %u, this program reads %d",
                         h->version, JOURNEY_FILE_VERSION);
    if (h->count > count_limit || h->impressions > count_limit || h->campaigns > INT32_MAX ||
        h->vocabulary > h->campaigns || h->section[SECTION_NAMES].size > count_limit)
        return error_set(err, ERR_DATA, "its header is damaged");
    planned = *h;
    if (journey_file_plan(&planned, h->section[SECTION_NAMES].size) != size ||
        memcmp(&planned, h, sizeof planned) != 0)
        return error_set(err, ERR_DATA, "it is cut off or its header is damaged");
    return true;
}

static bool check_arrays(const struct journey_set *set, uint64_t impressions, struct error *err)
{
    if (set->offset[0] != 0 || set->offset[set->count] != impressions)
        return error_set(err, ERR_DATA, "its journeys do not cover its impressions");
    for (size_t j = 0; j < set->count; j++) {
        /* Not empty, and not longer than kept; the ends meet, so nothing runs out of bounds. */
        const uint64_t length = set->offset[j + 1] - set->offset[j];
        if (set->offset[j + 1] <= set->offset[j] || length > set->max_length)
            return error_set(err, ERR_DATA, "the length of journey %zu is wrong", j);
        if (set->converted[j] > 1 || set->split[j] >= SPLIT_COUNT)
            return error_set(err, ERR_DATA, "journey %zu is damaged", j);
    }
    for (size_t i = 0; i < impressions; i++)
        if (set->token[i] < 0 || (size_t)set->token[i] >= set->campaigns)
            return error_set(err, ERR_DATA, "impression %zu has no campaign", i);
    return true;
}

static bool check_names(struct journey_file *file, const struct journey_file_header *h,
                        const uint64_t *name_end, const char *names, struct error *err)
{
    const char **campaign = ARENA_NEW(&file->memory, const char *, h->campaigns + 1);
    uint64_t start = 0;

    for (size_t i = 0; i < h->campaigns; i++) {
        const uint64_t end = name_end[i];
        if (end <= start || end > h->section[SECTION_NAMES].size ||
            memchr(names + start, '\0', end - start) != names + end - 1)
            return error_set(err, ERR_DATA, "the name of campaign %zu is damaged", i);
        campaign[i] = names + start;
        start = end;
    }
    file->set.campaign = campaign;
    return true;
}

static bool open_sections(struct journey_file *file, struct error *err)
{
    const unsigned char *bytes = file->map.bytes;
    const struct journey_file_header *h = (const void *)bytes;
    const void *at[SECTION_COUNT];

    if (!check_header(h, file->map.size, err))
        return false;
    for (int s = 0; s < SECTION_COUNT; s++)
        at[s] = bytes + h->section[s].at;
    file->set = (struct journey_set){
        .count = h->count,
        .campaigns = h->campaigns,
        .vocabulary = h->vocabulary,
        .max_length = h->max_length,
        .offset = at[SECTION_OFFSET],
        .token = at[SECTION_TOKEN],
        .time = at[SECTION_TIME],
        .id = at[SECTION_ID],
        .entity = at[SECTION_ENTITY],
        .converted = at[SECTION_CONVERTED],
        .split = at[SECTION_SPLIT],
    };
    memcpy(&file->summary, at[SECTION_SUMMARY], sizeof file->summary);
    file->summary.campaign = NULL;
    return check_arrays(&file->set, h->impressions, err) &&
           check_names(file, h, at[SECTION_NAME_END], at[SECTION_NAMES], err);
}

bool journey_file_open(struct journey_file *out, const char *path, struct error *err)
{
    struct journey_file file = {0};

    if (!file_map_open(&file.map, path, err))
        return false;
    if (!open_sections(&file, err)) {
        journey_file_close(&file);
        return error_wrap(err, "'%s'", path);
    }
    *out = file;
    return true;
}

void journey_file_close(struct journey_file *file)
{
    file_map_close(&file->map);
    arena_clear(&file->memory);
    *file = (struct journey_file){0};
}
