/*
 * figure — numbers as people read them in a report.
 *
 * A figure is a small text by value, so it can stand in a format call:
 *
 *     text_add_format(out, "<td>%s</td>", figure_count(journeys).text);
 *
 * What is not a finite number is "–". Nothing in a figure needs escaping.
 */
#ifndef QUERN_REPORT_FIGURE_H
#define QUERN_REPORT_FIGURE_H

struct figure {
    char text[40];
};

struct figure figure_count(double value);  /* 1,234,567 */
struct figure figure_amount(double value); /* 1,235 / 123 / 12.3 / 1.23 / 3 */
struct figure figure_score(double value);  /* 0.7404 */
struct figure figure_share(double value);  /* 0.123 is 12.3 % */

/* How the ticks and the values of an axis read. */
enum figure_kind { FIGURE_AMOUNT, FIGURE_COUNT, FIGURE_SCORE, FIGURE_SHARE };
struct figure figure_of_kind(double value, enum figure_kind kind);

/* A tick of an axis whose ticks are `step` apart: as many decimals as the step needs. */
struct figure figure_tick(double value, double step, enum figure_kind kind);

#endif
