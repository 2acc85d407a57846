#include "remote/s3_address.h"

#include "base/arena.h"

#include <ctype.h>

static const char scheme[] = "s3://";

bool s3_address_is(const char *text)
{
    return text && strncmp(text, scheme, sizeof scheme - 1) == 0;
}

static bool bucket_is_sound(const char *bucket, size_t length)
{
    if (length < S3_BUCKET_MIN || length > S3_BUCKET_MAX || !isalnum((unsigned char)bucket[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)bucket[i]) && !strchr("-._", bucket[i]))
            return false;
    return !memmem(bucket, length, "..", 2);
}

/* Keys with control characters can be neither listed nor printed safely. */
static bool key_is_sound(const char *key)
{
    for (const char *p = key; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return true;
}

bool s3_address_parse(struct s3_address *address, const char *text, struct error *err)
{
    const char *bucket = text + sizeof scheme - 1;

    if (!s3_address_is(text))
        return error_set(err, ERR_ARG, "'%s' does not begin with s3://", text);
    const size_t length = strcspn(bucket, "/");
    const char *key = bucket + length + (bucket[length] == '/');
    if (!bucket_is_sound(bucket, length))
        return error_set(err, ERR_ARG,
                         "'%s': the name of a bucket has %d to %d letters, digits, '-' and '.'",
                         text, S3_BUCKET_MIN, S3_BUCKET_MAX);
    if (strlen(key) > S3_KEY_MAX)
        return error_set(err, ERR_LIMIT, "'%.100s...': the key has %zu bytes, the limit is %d",
                         text, strlen(key), S3_KEY_MAX);
    if (!key_is_sound(key))
        return error_set(err, ERR_ARG, "'%s': the key has control characters", text);
    address->bucket = memory_take(length + 1, 1);
    memcpy(address->bucket, bucket, length);
    address->bucket[length] = '\0';
    address->key = memory_take(strlen(key) + 1, 1);
    memcpy(address->key, key, strlen(key) + 1);
    return true;
}

void s3_address_clear(struct s3_address *address)
{
    free(address->bucket);
    free(address->key);
    *address = (struct s3_address){0};
}

void s3_encode(struct text *out, const char *text, bool keep_slash)
{
    static const char hex[] = "0123456789ABCDEF";

    text_add(out, "", 0);
    for (const char *p = text; *p; p++) {
        const unsigned char c = (unsigned char)*p;
        if ((c < 128 && isalnum(c)) || strchr("-._~", c) || (keep_slash && c == '/')) {
            text_add(out, p, 1);
        } else {
            const char coded[3] = {'%', hex[c >> 4], hex[c & 15]};
            text_add(out, coded, sizeof coded);
        }
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool s3_decode(char *text)
{
    char *to = text;

    for (const char *p = text; *p; p++) {
        char c = *p;
        if (c == '%' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
            c = (char)(hex_digit(p[1]) << 4 | hex_digit(p[2]));
            p += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (!c)
            return false;
        *to++ = c;
    }
    *to = '\0';
    return true;
}
