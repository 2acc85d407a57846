/* support — short ways to say what tests of places do again and again. */
#ifndef QUERN_TESTS_REMOTE_SUPPORT_H
#define QUERN_TESTS_REMOTE_SUPPORT_H

#include <stddef.h>

/* Send bytes to a remote place, and expect a place to hold them. */
void send_bytes(const char *remote, const void *bytes, size_t size);
void expect_bytes(const char *remote, const void *bytes, size_t size);
void send_text(const char *remote, const char *text);
void expect_text(const char *remote, const char *text);

/* A file with its folders; bytes that differ from place to place. */
void write_bytes(const char *path, const void *bytes, size_t size);
unsigned char *varied_bytes(size_t size);

/* Objects below "s3://bucket/prefix" as the store lists them. */
size_t count_objects(const char *bucket, const char *prefix);

#endif
