#include "remote/support.h"

#include "base/file.h"
#include "base/rng.h"
#include "remote/place.h"
#include "remote/s3_list.h"
#include "support/test.h"

void write_bytes(const char *path, const void *bytes, size_t size)
{
    struct error err = {0};

    EXPECT_OK(file_make_parents(path, &err), &err);
    FILE *stream = fopen(path, "wb");
    EXPECT(stream && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0);
}

void send_bytes(const char *remote, const void *bytes, size_t size)
{
    struct place place;
    struct error err = {0};

    EXPECT_OK(place_prepare(&place, remote, &err), &err);
    write_bytes(place.local, bytes, size);
    EXPECT_OK(place_send(&place, &err), &err);
    place_clear(&place);
}

void expect_bytes(const char *remote, const void *bytes, size_t size)
{
    struct place place;
    struct error err = {0};
    char *got;
    size_t got_size;

    EXPECT_OK(place_fetch(&place, remote, &err), &err);
    EXPECT_OK(file_read(place.local, SIZE_MAX / 2, &got, &got_size, &err), &err);
    EXPECT_EQ(got_size, size);
    EXPECT(memcmp(got, bytes, size) == 0);
    free(got);
    place_clear(&place);
}

void send_text(const char *remote, const char *text)
{
    send_bytes(remote, text, strlen(text));
}

void expect_text(const char *remote, const char *text)
{
    expect_bytes(remote, text, strlen(text));
}

unsigned char *varied_bytes(size_t size)
{
    struct rng rng = rng_new(7, size);
    unsigned char *bytes = malloc(size + 8);

    if (!bytes)
        abort();
    for (size_t i = 0; i < size; i += 8) {
        const uint64_t number = rng_u64(&rng);
        memcpy(bytes + i, &number, 8);
    }
    return bytes;
}

size_t count_objects(const char *bucket, const char *prefix)
{
    struct s3_account account;
    struct s3_client *client;
    struct s3_page page = {0};
    struct arena memory = {0};
    struct error err = {0};

    EXPECT_OK(s3_account_load(&account, &err), &err);
    EXPECT_OK(s3_client_open(&client, &account, &err), &err);
    EXPECT_OK(s3_list(&page, client, bucket, prefix, false, &memory, &err), &err);
    const size_t count = page.count;
    s3_page_clear(&page);
    arena_clear(&memory);
    s3_client_close(client);
    s3_account_clear(&account);
    return count;
}
