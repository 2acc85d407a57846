#include "incremental/exposure_paths.h"

#include "base/interrupt.h"

enum { OFFSET, TOKEN, AGE, CONVERSIONS, NONE };

static void reserve(struct exposure_paths *paths, const struct exposure_log *log)
{
    const size_t most = log->users + log->conversions; /* paths */

    exposure_file_reserve(&paths->file, OFFSET, (most + 1) * sizeof(uint64_t));
    exposure_file_reserve(&paths->file, TOKEN, log->impressions * sizeof(int32_t));
    exposure_file_reserve(&paths->file, AGE, log->impressions * sizeof(int64_t));
    exposure_file_reserve(&paths->file, CONVERSIONS, most * sizeof(double));
    exposure_file_reserve(&paths->file, NONE, most * sizeof(double));
}

/* Impressions from..last. */
static bool put_path(struct exposure_paths *paths, const struct exposure_log *log, size_t from,
                     size_t last, struct error *err)
{
    const double converted = log->conversion[last], none = !log->conversion[last];
    const uint64_t end = last + 1;

    for (size_t i = from; i <= last; i++) {
        const int32_t token = log->campaign[i];
        const int64_t age = log->time[last] - log->time[i];
        if (!exposure_file_put(&paths->file, TOKEN, &token, sizeof token, err) ||
            !exposure_file_put(&paths->file, AGE, &age, sizeof age, err))
            return false;
    }
    paths->set.count++;
    return exposure_file_put(&paths->file, OFFSET, &end, sizeof end, err) &&
           exposure_file_put(&paths->file, CONVERSIONS, &converted, sizeof converted, err) &&
           exposure_file_put(&paths->file, NONE, &none, sizeof none, err);
}

static bool put_paths(struct exposure_paths *paths, const struct exposure_log *log,
                      struct error *err)
{
    const uint64_t zero = 0;

    if (!exposure_file_put(&paths->file, OFFSET, &zero, sizeof zero, err))
        return false;
    for (size_t u = 0; u < log->users; u++) {
        size_t from = (size_t)log->offset[u];
        if (u % EXPOSURE_PASSED == 0 && !interrupt_check("finding paths", err))
            return false;
        exposure_log_pass(log, 0, u);
        for (size_t i = from; i < log->offset[u + 1]; i++) {
            if (!log->conversion[i] && i + 1 < log->offset[u + 1])
                continue;
            if (!put_path(paths, log, from, i, err))
                return false;
            from = i + 1;
        }
    }
    return exposure_file_finish(&paths->file, err);
}

bool exposure_paths_make(struct exposure_paths *paths, const struct exposure_log *log,
                         struct error *err)
{
    const bool mapped = log->file && log->file->map;

    *paths = (struct exposure_paths){.set = {.channels = log->campaigns, .channel = log->name}};
    if (!exposure_file_open(&paths->file, mapped ? log->file->folder : NULL, err))
        return false;
    reserve(paths, log);
    if (!put_paths(paths, log, err)) {
        exposure_paths_clear(paths);
        return false;
    }
    paths->set.offset = exposure_file_array(&paths->file, OFFSET);
    paths->set.token = exposure_file_array(&paths->file, TOKEN);
    paths->set.age = exposure_file_array(&paths->file, AGE);
    paths->set.conversions = exposure_file_array(&paths->file, CONVERSIONS);
    paths->set.null = exposure_file_array(&paths->file, NONE);
    return true;
}

void exposure_paths_clear(struct exposure_paths *paths)
{
    path_set_clear(&paths->set);
    exposure_file_clear(&paths->file);
}
