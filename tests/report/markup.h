/* markup — a strict reader of the pages: what an XML parser would refuse fails the test. */
#ifndef QUERN_TESTS_REPORT_MARKUP_H
#define QUERN_TESTS_REPORT_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Tags balanced, attributes quoted and not repeated, only known entities, ids unique, every
 * href="#x" has its id, no script, style only in <style>, nothing from elsewhere, valid UTF-8
 * without control characters. On failure *why says what and shows where.
 */
bool markup_check(const char *page, size_t length, char why[256]);

#endif
