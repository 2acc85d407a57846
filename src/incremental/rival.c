#include "incremental/rival.h"

#include "incremental/term.h"

#include <stdlib.h>
#include <string.h>

size_t incremental_rival_replicates(size_t replicates, double behind)
{
    if (!(behind <= RIVAL_LOSS))
        return 0;
    return (size_t)((double)replicates * exp_near(behind > 0 ? -behind / 2 : 0) + 0.5);
}

static void add(struct incremental_draws *draws, const struct incremental_draws *own,
                const double *credit, size_t width)
{
    const size_t from = draws->rivals, all = from + own->count;

    draws->rival_credit = memory_resize(draws->rival_credit, all, width * sizeof(double));
    draws->rival_centre = memory_resize(draws->rival_centre, all, width * sizeof(double));
    memcpy(draws->rival_credit + from * width, own->credit, own->count * width * sizeof(double));
    for (size_t r = from; r < all; r++)
        memcpy(draws->rival_centre + r * width, credit, width * sizeof(double));
    draws->rivals = all;
}

static bool draw_rival(struct incremental_draws *draws, const struct incremental_fit *fit,
                       const struct incremental_config *config,
                       const struct incremental_draw_request *request, struct error *err)
{
    const size_t width = fit->design.campaigns + 1;
    struct incremental_fit rival;
    struct incremental_draws own = {0};

    if (!incremental_fit_run(&rival, fit->log, config, request->pool, err))
        return false;
    const bool ok =
        (!fit->extra || incremental_fit_extend(&rival, fit->extra, request->pool, err)) &&
        incremental_draw_kept(&own, &rival, request, err);
    if (ok) {
        double *credit = memory_take(width, sizeof *credit);
        incremental_credits(&rival, rival.parameter, NULL, request->pool, credit);
        add(draws, &own, credit, width);
        free(credit);
    }
    incremental_draws_clear(&own);
    incremental_fit_clear(&rival);
    return ok;
}

bool incremental_rivals_draw(struct incremental_draws *draws, const struct incremental_fit *fit,
                             const struct incremental_config *config,
                             const struct incremental_draw_request *request, struct error *err)
{
    for (int l = INCREMENTAL_LOGIT; fit->chose_link && l < INCREMENTAL_LINKS; l++) {
        struct incremental_config own = *config;
        struct incremental_draw_request few = *request;
        own.link = l;
        few.keep = NULL;
        few.replicates = incremental_rival_replicates(
            request->replicates, fit->link_loss[l] - fit->link_loss[fit->design.link]);
        if (l != fit->design.link && few.replicates > 0 && !draw_rival(draws, fit, &own, &few, err))
            return error_wrap(err, "with the link %s", incremental_link_names[l]);
    }
    return true;
}
