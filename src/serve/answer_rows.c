/* Rows in, answers out: /invocations, /models/{model}/invoke, /v1/models/{model}:predict. */
#include "base/clock.h"
#include "serve/service_internal.h"

#include <string.h>

const struct served_model *call_model(struct call *call, const struct model_set *set)
{
    const struct route *route = &call->route;
    const struct served_model *model;

    if (!route->model) {
        if (set->count == 0)
            call_fail(call, 503, "no model is loaded");
        return set->count > 0 ? set->model[0] : NULL;
    }
    model = model_set_find(set, route->model, route->model_length);
    if (!model) {
        call_fail(
            call, 404, "no model is named '%.*s'",
            (int)(route->model_length < MODEL_NAME_MAX ? route->model_length : MODEL_NAME_MAX),
            route->model);
        return NULL;
    }
    if (route->version && (strncmp(model->version, route->version, route->version_length) != 0 ||
                           model->version[route->version_length] != '\0')) {
        call_fail(call, 404, "model '%s' is served at version %s, not %.*s", model->name,
                  model->version, (int)(route->version_length < 64 ? route->version_length : 64),
                  route->version);
        return NULL;
    }
    return model;
}

/* In what the rows come and in what the answers go. */
static bool agree_on_media(struct call *call, enum wire_media *in, enum wire_media *answer)
{
    const struct serve_headers *header = &call->request->header;
    enum wire_media preferred;

    if (!wire_media_of(header->content_type, call->body, call->size, in)) {
        call_fail(call, 415,
                  "the content type '%.100s' is not text/csv, application/json or "
                  "application/jsonlines",
                  header->content_type);
        return false;
    }
    preferred = *in;
    if (call->service->accept && !wire_accept(call->service->accept, *in, &preferred))
        preferred = *in;
    if (!wire_accept(header->accept, preferred, answer)) {
        call_fail(call, 406,
                  "no answer can be made in '%.100s', only in text/csv, application/json and "
                  "application/jsonlines",
                  header->accept);
        return false;
    }
    return true;
}

static const struct row_error *first_fault(const struct row_errors *errors)
{
    const struct row_error *first = errors->first;

    for (const struct row_error *e = errors->first; e; e = e->next)
        if (e->row < first->row)
            first = e;
    return first;
}

void call_fail_at_row(struct call *call, const struct row_errors *errors)
{
    const struct row_error *error = first_fault(errors);
    struct error err = {0};

    wire_row_error(errors, &err);
    call_fail_at(
        call, 400,
        &(struct fault){
            .text = err.text, .column = error->column, .row = error->row + 1, .has_row = true});
}

void call_scored(struct call *call, const struct served_model *model, const struct wire_rows *rows,
                 double started)
{
    struct model_metrics *metrics = &model->metrics[call->worker_index];

    call->rows = rows->frame.rows;
    counter_add(&metrics->rows, rows->frame.rows);
    counter_add(&metrics->faults, rows->errors.count);
    durations_add(&metrics->inference, (uint64_t)((clock_seconds() - started) * 1e6));
}

/* Whether the answer is to be explained: ?explain=true, or explain=true among the attributes that
 * SageMaker passes on. */
static bool wants_explanation(struct call *call, bool *explain)
{
    const char *attributes = call->request->header.custom_attributes;

    if (!call_switch(call, "explain", call->request->explain, explain))
        return false;
    *explain = *explain || (attributes && strstr(attributes, "explain=true"));
    return true;
}

/* Columns of a bare answer, and those of the explanation behind them. */
static size_t answer_columns(struct call *call, const struct bundle *bundle,
                             const struct frame *answer, const size_t **column)
{
    const size_t plain = bundle_output(bundle)->count, all = answer->schema->count;
    size_t count = bundle_csv_columns(bundle, column);

    if (all == plain)
        return count;
    size_t *more = ARENA_NEW(&call->worker->scratch, size_t, count + all);
    memcpy(more, *column, count * sizeof *more);
    for (size_t c = plain; c < all; c++)
        more[count++] = c;
    *column = more;
    return count;
}

/* Write the answers; JSON says in its place which row has a fault, unless every row has. */
static void write_answers(struct call *call, const struct served_model *model,
                          const struct frame *answer, const struct row_errors *errors,
                          enum wire_media media)
{
    const size_t *columns;
    const size_t count = answer_columns(call, model->bundle, answer, &columns);
    struct error err = {0};

    if (errors->first && (media == WIRE_CSV || errors->count >= answer->rows)) {
        call_fail_at_row(call, errors);
        return;
    }
    if (!wire_encode(call->out, media, answer, columns, count, errors, &err)) {
        call_fail(call, status_of_error(&err), "%s", err.text);
        return;
    }
    call->response->status = 200;
    call->response->media = wire_media_name(media);
}

void answer_invocations(struct call *call, const struct model_set *set)
{
    const struct served_model *model = call_model(call, set);
    const struct wire_limits limits = {.rows = call->service->options.rows_max,
                                       .depth = SERVICE_JSON_DEPTH};
    struct wire_rows rows = {0};
    struct frame answer;
    enum wire_media in, media;
    struct error err = {0};
    struct bundle_call wish = {0};

    if (!model)
        return;
    call->model = model->name;
    call->version = model->version;
    if (!wants_explanation(call, &wish.explain) || !agree_on_media(call, &in, &media))
        return;
    const double started = clock_seconds();
    if (!wire_decode(&rows, in, bundle_input(model->bundle), call->body, call->size, &limits,
                     &call->worker->scratch, &err)) {
        call_fail(call, status_of_error(&err), "%s", err.text);
        return;
    }
    if (rows.errors.count >= rows.frame.rows) { /* nothing to score, however many they are */
        call_fail_at_row(call, &rows.errors);
    } else {
        bundle_apply_call(model->bundle, &rows.frame, &wish, &answer, &rows.errors,
                          &call->worker->scratch);
        write_answers(call, model, &answer, &rows.errors, media);
    }
    call_scored(call, model, &rows, started);
}
