#include "pipeline/search_store.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

enum { STORE_BYTES_MAX = 64 << 20, STORE_FORMAT = 1 };

/* Everything that makes a trial's value what it is, except the trial's own parameters. */
static json_t *plan_json(const struct search_plan *plan)
{
    json_t *object = json_object();
    const bool halving = plan->method == SEARCH_HALVING;

    json_object_set_new(object, "method", json_string(halving ? "halving" : "random"));
    json_object_set_new(object, "metric", json_string(plan->metric));
    json_object_set_new(object, "goal", json_string(plan->maximize ? "maximize" : "minimize"));
    json_object_set_new(object, "seed", json_integer((json_int_t)plan->seed));
    json_object_set_new(object, "space", search_space_json(plan->range, plan->ranges));
    json_object_set_new(object, "inputs", json_string(plan->inputs));
    if (halving) {
        json_object_set_new(object, "trials", json_integer((json_int_t)plan->trials));
        json_object_set_new(object, "factor", json_integer((json_int_t)plan->factor));
        json_object_set_new(object, "min_epochs", json_integer((json_int_t)plan->min_epochs));
        json_object_set_new(object, "max_epochs", json_integer((json_int_t)plan->max_epochs));
    }
    return object;
}

static json_t *trial_json(const struct search_plan *plan, const struct search_result *r)
{
    json_t *object = json_object(), *parameters = json_object();

    for (size_t i = 0; i < plan->ranges; i++) {
        const struct search_value *v = &r->parameter[i];
        const bool whole = plan->range[i].kind == SEARCH_INT;
        json_object_set_new(parameters, v->key,
                            whole          ? json_integer((json_int_t)v->number)
                            : v->is_number ? json_real(v->number)
                                           : json_string(v->text));
    }
    json_object_set_new(object, "id", json_integer((json_int_t)r->id));
    json_object_set_new(object, "rung", json_integer((json_int_t)r->rung));
    json_object_set_new(object, "epochs",
                        r->epochs ? json_integer((json_int_t)r->epochs) : json_null());
    json_object_set_new(object, "state", json_string(r->failed ? "failed" : "done"));
    json_object_set_new(object, "value", r->failed ? json_null() : json_number(r->value));
    json_object_set_new(object, "parameters", parameters);
    json_object_set_new(object, "seconds", json_number(round(r->seconds * 1000) / 1000));
    json_object_set_new(object, "error", r->error ? json_string(r->error) : json_null());
    return object;
}

bool search_store_write(const char *path, const struct search_plan *plan,
                        const struct search_result *result, size_t count,
                        const struct search_result *best, struct error *err)
{
    json_t *document = json_object(), *trials = json_array(), *winner = json_null();
    struct file_writer writer;

    for (size_t i = 0; i < count; i++)
        json_array_append_new(trials, trial_json(plan, &result[i]));
    if (best) {
        winner = json_object();
        json_object_set_new(winner, "id", json_integer((json_int_t)best->id));
        json_object_set_new(winner, "rung", json_integer((json_int_t)best->rung));
        json_object_set_new(winner, "value", json_number(best->value));
    }
    json_object_set_new(document, "format", json_integer(STORE_FORMAT));
    json_object_set_new(document, "search", plan_json(plan));
    json_object_set_new(document, "trials", trials);
    json_object_set_new(document, "best", winner);
    bool ok = file_writer_open(&writer, path, err);
    if (ok) {
        /* 15 digits: values are rounded to as many before they are compared, see search.c. */
        const int flags = JSON_INDENT(2) | JSON_REAL_PRECISION(15);
        if (json_dumpf(document, writer.stream, flags) == 0 || ferror(writer.stream)) {
            fputc('\n', writer.stream);
            ok = file_writer_commit(&writer, err);
        } else {
            file_writer_discard(&writer);
            ok = error_set(err, ERR_IO, "cannot write '%s': no memory for the text", path);
        }
    }
    json_decref(document);
    return ok;
}

/* Name the first part of the plan that differs. */
static bool check_plan(const char *path, const struct search_plan *plan, const json_t *found,
                       struct error *err)
{
    json_t *wanted = plan_json(plan), *value;
    const char *key;
    bool ok = true;

    json_object_foreach(wanted, key, value)
    {
        const json_t *other = json_object_get(found, key);
        if (json_equal(value, other))
            continue;
        ok = error_set(err, ERR_DATA,
                       "%s was written by a search with %s%s; remove the file to start again, or "
                       "choose another --out",
                       path, strcmp(key, "inputs") == 0 ? "other data or settings" : "another ",
                       strcmp(key, "inputs") == 0 ? "" : key);
        break;
    }
    json_decref(wanted);
    return ok;
}

static bool read_size(const json_t *value, size_t limit, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (json_int_t)limit <= json_integer_value(value))
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static bool read_trial(const json_t *object, struct search_result *r, struct arena *memory)
{
    const char *state = json_string_value(json_object_get(object, "state"));
    const char *error = json_string_value(json_object_get(object, "error"));
    const json_t *value = json_object_get(object, "value");
    const json_t *epochs = json_object_get(object, "epochs");

    *r = (struct search_result){0};
    if (!state || !read_size(json_object_get(object, "id"), SEARCH_TRIALS_MAX, &r->id) ||
        !read_size(json_object_get(object, "rung"), SEARCH_RUNGS_MAX, &r->rung) ||
        (!json_is_null(epochs) && !read_size(epochs, (size_t)1 << 40, &r->epochs)))
        return false;
    r->failed = strcmp(state, "failed") == 0;
    if (!r->failed && (strcmp(state, "done") != 0 || !json_is_number(value)))
        return false;
    r->value = r->failed ? 0 : json_number_value(value);
    r->seconds = json_number_value(json_object_get(object, "seconds"));
    r->error = error ? arena_string(memory, error, strlen(error)) : NULL;
    return true;
}

bool search_store_read(const char *path, const struct search_plan *plan,
                       struct search_result **result, size_t *count, struct arena *memory,
                       struct error *err)
{
    json_t *document;
    bool ok = true;

    *result = NULL;
    *count = 0;
    if (!file_exists(path))
        return true;
    if (!json_read(path, STORE_BYTES_MAX, &document, err))
        return false;
    const json_t *trials = json_object_get(document, "trials");
    if (json_integer_value(json_object_get(document, "format")) != STORE_FORMAT ||
        !json_is_array(trials))
        ok = error_set(err, ERR_DATA, "%s is not a list of trials; remove it to start again", path);
    ok = ok && check_plan(path, plan, json_object_get(document, "search"), err);
    if (ok) {
        const size_t size = json_array_size(trials);
        *result = ARENA_ZERO(memory, struct search_result, size);
        for (size_t i = 0; ok && i < size; i++)
            if (!read_trial(json_array_get(trials, i), &(*result)[i], memory))
                ok = error_set(err, ERR_DATA,
                               "%s: entry %zu of 'trials' is damaged; remove the file to start "
                               "again",
                               path, i);
        *count = size;
    }
    json_decref(document);
    return ok;
}
