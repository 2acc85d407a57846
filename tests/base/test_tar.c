#include "support/test.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/tar.h"
#include "base/tar_header.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static bool shell_agrees(const char *script)
{
    struct test_output ran = test_shell("cd %s && %s", test_folder(), script);
    const bool agrees = ran.status == 0;

    if (!agrees)
        fprintf(stderr, "%s\n%s%s", script, ran.out, ran.err);
    test_output_clear(&ran);
    return agrees;
}

/* Absolute, in a buffer of its own: test_path() reuses its buffers. */
static const char *place(size_t which, const char *name)
{
    static char paths[4][512];

    snprintf(paths[which], sizeof paths[which], "%s/%s", test_folder(), name);
    return paths[which];
}

static const char make_folder[] =
    "rm -rf in out back in.tar.gz && mkdir -p in/sub/empty && printf hello >in/b.txt && "
    ">in/nothing && head -c 100000 /dev/urandom >in/sub/random && echo x >in/.hidden && "
    "name=$(printf '%0120d' 7) && echo long >in/$name && mkdir -p in/$name.d/$name && "
    "echo longer >in/$name.d/$name/$name && head -c 512 /dev/zero >in/block";

TEST(tar_packs_what_it_unpacks)
{
    struct error err = {0};

    EXPECT(shell_agrees(make_folder));
    EXPECT_OK(tar_pack(place(0, "in"), place(1, "in.tar.gz"), &err), &err);
    EXPECT_OK(tar_extract(place(1, "in.tar.gz"), place(2, "out"), &err), &err);
    EXPECT(shell_agrees("rm in/.hidden && diff -r in out"));
    EXPECT(shell_agrees("tar -xzf in.tar.gz --one-top-level=back && diff -r in back"));
    EXPECT(shell_agrees("python3 -c \"import tarfile; t = tarfile.open('in.tar.gz'); "
                        "m = t.getmembers(); assert [x.name for x in m] == "
                        "sorted(x.name for x in m); assert not any(x.mtime or x.uid or x.gid or "
                        "x.uname for x in m)\""));
    EXPECT_ERROR(tar_extract(place(1, "in.tar.gz"), place(2, "out"), &err), &err, ERR_ARG,
                 "not an empty folder");
}

TEST(tar_packs_equal_bytes)
{
    struct error err = {0};

    EXPECT(shell_agrees(make_folder));
    EXPECT_OK(tar_pack(place(0, "in"), place(1, "one.tar.gz"), &err), &err);
    EXPECT(shell_agrees("sleep 0.01; cp -r in in2 && touch -d 2001-01-01 in2/b.txt && chmod 600 "
                        "in2/b.txt"));
    EXPECT_OK(tar_pack(place(0, "in2"), place(1, "two.tar.gz"), &err), &err);
    EXPECT(shell_agrees("cmp one.tar.gz two.tar.gz && rm -rf in2"));
}

TEST(tar_reads_what_others_write)
{
    static const struct {
        const char *command;
    } rows[] = {
        {"tar -C in -czf made.tar.gz ."},
        {"tar -C in --format=ustar -czf made.tar.gz b.txt nothing sub block"},
        {"tar -C in --format=pax -czf made.tar.gz ."},
        {"tar -C in --format=gnu -czf made.tar.gz ."},
        {"tar -C in --format=v7 -czf made.tar.gz b.txt sub/random"},
        {"tar -C in -cf made.tar.gz ."}, /* not compressed */
        {"python3 -c \"import tarfile; t = tarfile.open('made.tar.gz', 'w:gz'); "
         "t.add('in', '.'); t.close()\""},
    };

    EXPECT(shell_agrees(make_folder));
    EACH_ROW(rows, r) {
        struct error err = {0};
        EXPECT(shell_agrees("rm -rf out back made.tar.gz"));
        EXPECT(shell_agrees(r->command));
        EXPECT_OK(tar_extract(place(1, "made.tar.gz"), place(2, "out"), &err), &err);
        EXPECT(shell_agrees("tar -xf made.tar.gz --one-top-level=back && diff -r out back"));
    }
}

/* One header with a right checksum, and `body`, padded. */
static void add_entry(gzFile file, const char *name, char type, const char *size, const char *body)
{
    struct tar_header header = {.type = type};
    char padding[TAR_BLOCK] = {0};

    memcpy(header.name, name, strnlen(name, sizeof header.name));
    memcpy(header.size, size, strnlen(size, sizeof header.size));
    memcpy(header.magic, "ustar", 6);
    snprintf(header.checksum, sizeof header.checksum, "%06o", tar_checksum(&header));
    gzwrite(file, &header, sizeof header);
    if (body[0]) {
        memcpy(padding, body, strlen(body));
        gzwrite(file, padding, sizeof padding);
    }
}

TEST(tar_refuses_what_could_do_harm)
{
    static const struct {
        const char *name, *size, *body, *said;
        char type;
    } rows[] = {
        {"/etc/passwd", "1", "x", "is an absolute name", '0'},
        {"../x", "1", "x", "leads out", '0'},
        {"a/../../x", "1", "x", "leads out", '0'},
        {"a/..", "0", "", "leads out", '5'},
        {"", "0", "", "is not a name", '0'},
        {".", "1", "x", "is not a name", '0'},
        {"x", "0", "", "is a link", '1'},
        {"x", "0", "", "is a link", '2'},
        {"x", "0", "", "neither a file nor a folder", '3'},
        {"x", "0", "", "neither a file nor a folder", '6'},
        {"x", "0", "", "sparse", 'S'},
        {"x", "26", "22 GNU.sparse.major=1\nabcd", "sparse", 'x'},
        {"x", "12", "99 path=abc\n", "pax header is broken", 'x'},
        {"x", "12", "0 path=abcd\n", "pax header is broken", 'x'},
        {"x", "12", "12 pathabcd\n", "pax header is broken", 'x'},
        {"x", "77777777777", "x", "too large", '0'},
        {"x", "\x80", "x", "too large", '0'},
        {"x", "77777777777", "x", "header that is too large", 'x'},
        {"x", "77777777777", "x", "header that is too large", 'L'},
        {"x", "12 4", "x", "size is not a number", '0'},
        {"good", "1", "x", "twice", '0'},
        {"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/", "0", "",
         "too many folders", '5'},
    };

    EACH_ROW(rows, r) {
        struct error err = {0};
        static const char end[2 * TAR_BLOCK];
        gzFile file = gzopen(place(1, "evil.tar.gz"), "wb");
        add_entry(file, "good", '0', "4", "good");
        add_entry(file, r->name, r->type, r->size, r->body);
        gzwrite(file, end, sizeof end);
        gzclose(file);
        EXPECT(!tar_extract(place(1, "evil.tar.gz"), place(2, "out-evil"), &err));
        EXPECT(err.code == ERR_DATA || err.code == ERR_LIMIT);
        EXPECT_HAS(err.text, r->said);
        EXPECT(!file_exists(place(2, "out-evil")));
    }
}

TEST(tar_counts_its_entries)
{
    static const char end[2 * TAR_BLOCK];
    struct error err = {0};

    EXPECT(shell_agrees("rm -rf out"));
    gzFile file = gzopen(place(1, "many.tar.gz"), "wb1");

    for (size_t i = 0; i <= TAR_ENTRIES_MAX; i++)
        add_entry(file, "folder/", '5', "0", "");
    gzwrite(file, end, sizeof end);
    gzclose(file);
    EXPECT_ERROR(tar_extract(place(1, "many.tar.gz"), place(2, "out"), &err), &err, ERR_LIMIT,
                 "too many files");
}

/* An archive cut anywhere, or with any byte changed, is refused, and never read past its end. */
TEST(tar_refuses_a_damaged_archive)
{
    struct error err = {0};
    char *bytes, *copy;
    size_t size;

    EXPECT(shell_agrees("rm -rf small out && mkdir -p small/sub && printf hello >small/b.txt && "
                        "seq 200 >small/sub/numbers"));
    EXPECT_OK(tar_pack(place(0, "small"), place(1, "small.tar.gz"), &err), &err);
    EXPECT_OK(file_read(place(1, "small.tar.gz"), 1 << 20, &bytes, &size, &err), &err);
    copy = memory_take(size, 1);
    for (size_t i = 0; i < size; i++) {
        EXPECT_OK(file_write(place(3, "cut.tar.gz"), bytes, i, &err), &err);
        EXPECT(!tar_extract(place(3, "cut.tar.gz"), place(2, "out"), &err));
        EXPECT(err.text[0] && !file_exists(place(2, "out")));
        err = (struct error){0};
    }
    for (size_t i = 0; i < size; i++) {
        memcpy(copy, bytes, size);
        copy[i] = (char)(copy[i] ^ 0x10);
        test_row = (int)i;
        EXPECT_OK(file_write(place(3, "bent.tar.gz"), copy, size, &err), &err);
        if (!tar_extract(place(3, "bent.tar.gz"), place(2, "out"), &err))
            EXPECT(err.text[0] && !file_exists(place(2, "out")));
        else /* gzip's time, or another way to say the same: a run of zeros copied from elsewhere */
            EXPECT(shell_agrees("diff -r small out && rm -r out"));
        err = (struct error){0};
    }
    free(copy);
    free(bytes);
}

TEST(tar_says_what_cannot_be_packed)
{
    struct error err = {0};

    EXPECT(shell_agrees("rm -rf out odd && mkdir odd && ln -s /etc odd/link"));
    EXPECT_ERROR(tar_pack(place(0, "odd"), place(1, "odd.tar.gz"), &err), &err, ERR_DATA,
                 "neither a file nor a folder");
    EXPECT(shell_agrees("test ! -e odd.tar.gz && test -z \"$(ls -A | grep partial)\""));
    EXPECT_ERROR(tar_pack(place(0, "absent"), place(1, "odd.tar.gz"), &err), &err, ERR_IO,
                 "absent");
    EXPECT_ERROR(tar_extract(place(0, "absent"), place(1, "out"), &err), &err, ERR_IO, "absent");
    EXPECT_ERROR(tar_pack(place(0, "odd"), place(1, "no/odd.tar.gz"), &err), &err, ERR_IO,
                 "no/odd.tar.gz");
}
