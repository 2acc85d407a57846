/* spline_basis — the B-splines of model/spline_calibrator, for its fit; inside this folder only. */
#ifndef QUERN_MODEL_SPLINE_BASIS_H
#define QUERN_MODEL_SPLINE_BASIS_H

#include "model/spline_calibrator.h"

/* Knots closer than this are one: logits of scores, all within +-37. */
#define SPLINE_GAP_MIN 1e-6

/*
 * The four B-splines that are not 0 at x, held between the outer knots: value[k] is that of
 * coefficient [result + k]. At least 0, with sum 1 (Cox and de Boor's recursion).
 */
size_t spline_basis(const struct spline_calibrator *spline, double x,
                    double value[SPLINE_DEGREE + 1]);

/* The middle of B_j, the mean of its inner knots (Greville): coefficients on a line, at their
 * middles, give that line. */
double spline_middle(const struct spline_calibrator *spline, size_t j);

#endif
