/*
 * log — plain lines on stderr. Data goes to stdout or files, everything a person reads goes here.
 */
#ifndef QUERN_BASE_LOG_H
#define QUERN_BASE_LOG_H

/* "quern: <text>\n" in one write, so that lines of several threads do not mix. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with "warning: " in front. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
