/* terminal — how wide what a person looks at is. */
#ifndef QUERN_BASE_TERMINAL_H
#define QUERN_BASE_TERMINAL_H

#include <stddef.h>

/* Columns of the terminal behind a file descriptor ($COLUMNS wins); 0 when it is none. */
size_t terminal_columns(int fd);

#endif
