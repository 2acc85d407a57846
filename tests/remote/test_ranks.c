#include "remote/ranks.h"
#include "support/test.h"

#include "base/clock.h"
#include "base/file.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIZE_MAX_ = 4, NUMBERS = 200000 };

/* A port with a few free ones after it. */
static size_t free_ports(size_t count)
{
    for (size_t base = 20000 + (size_t)getpid() % 20000; base < 60000; base += count) {
        size_t bound = 0;
        for (size_t i = 0; i < count; i++) {
            struct sockaddr_in address = {.sin_family = AF_INET,
                                          .sin_port = htons((uint16_t)(base + i))};
            const int fd = socket(AF_INET, SOCK_STREAM, 0);
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            bound += bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
            close(fd);
        }
        if (bound == count)
            return base;
    }
    return 0;
}

static const char *const hosts[SIZE_MAX_] = {"localhost", "127.0.0.1", "localhost", "127.0.0.1"};

struct setting {
    size_t size, port;
    uint64_t job[SIZE_MAX_];
    double seconds;
};

/* What a rank adds: numbers whose sum depends on the order. */
static float number(size_t rank, size_t i)
{
    return (float)(1 + i % 7) * (rank == 1 ? 1e8f : 1.0f / 3) * (rank == 2 ? -3e8f : 1);
}

static void add(void *context, size_t begin, size_t count, bool first, float *sum)
{
    const size_t rank = *(const size_t *)context;

    for (size_t i = 0; i < count; i++)
        sum[i] = first ? number(rank, begin + i) : sum[i] + number(rank, begin + i);
}

static void add_loss(void *context, double *loss)
{
    *loss += 1.0 / (double)(3 + *(const size_t *)context);
}

/* The body of a child: 0 when all is as it should be. */
static int use(struct ranks *ranks, struct error *err)
{
    static float sum[NUMBERS];
    size_t rank = ranks_rank(ranks);
    const struct ranks_part part = {&rank, add, add_loss};
    const size_t size = ranks_size(ranks);
    size_t begin[SIZE_MAX_ + 1], items[3 * SIZE_MAX_] = {0};
    double loss, want_loss = 0;
    char text[] = "nothing";

    if (!ranks_sum(ranks, &part, sum, NUMBERS, &loss, err))
        return 10;
    for (size_t r = 0; r < size; r++)
        add_loss(&r, &want_loss);
    for (size_t i = 0; i < NUMBERS; i++) {
        float want = number(0, i);
        for (size_t r = 1; r < size; r++)
            want += number(r, i);
        if (memcmp(&want, &sum[i], sizeof want) != 0)
            return 11;
    }
    if (memcmp(&want_loss, &loss, sizeof loss) != 0)
        return 12;
    if (rank == 0)
        snprintf(text, sizeof text, "%s", "passed");
    if (!ranks_pass(ranks, text, sizeof text, err) || strcmp(text, "passed") != 0)
        return 13;
    for (size_t r = 0; r <= size; r++)
        begin[r] = r < 2 ? 0 : 3 * (r - 1); /* the first rank has none */
    for (size_t i = begin[rank]; i < begin[rank + 1]; i++)
        items[i] = 100 * i + 7;
    if (!ranks_gather(ranks, items, sizeof *items, begin, err))
        return 14;
    for (size_t i = 0; i < begin[size]; i++)
        if (items[i] != 100 * i + 7)
            return 15;
    if (!ranks_agree(ranks, 77, "data", err))
        return 16;
    return 0;
}

/* Rank 1 has other data than the others. */
static int disagree(struct ranks *ranks, struct error *err)
{
    return ranks_agree(ranks, ranks_rank(ranks) == 1, "data", err) ? 20 : 0;
}

/* Rank 1 is killed, the others wait for it. */
static int lose(struct ranks *ranks, struct error *err)
{
    char byte = 0;

    if (ranks_rank(ranks) == 1)
        kill(getpid(), SIGKILL);
    for (;;)
        if (!ranks_pass(ranks, &byte, 1, err))
            return 0;
}

/* Rank 1 fails for reasons of its own. */
static int stop(struct ranks *ranks, struct error *err)
{
    char byte = 0;

    if (ranks_rank(ranks) == 1)
        return error_set(err, ERR_DATA, "row 7 is bad") ? 30 : 0;
    for (;;)
        if (!ranks_agree(ranks, (uint64_t)byte, "data", err))
            return 0;
}

static pid_t start(const struct setting *setting, size_t rank,
                   int (*body)(struct ranks *ranks, struct error *err))
{
    const pid_t child = fork();
    char name[32];

    if (child != 0)
        return child;
    const struct ranks_hosts list = {.host = hosts,
                                     .size = setting->size,
                                     .rank = rank,
                                     .port = setting->port,
                                     .seconds = setting->seconds,
                                     .job = setting->job[rank]};
    struct ranks *ranks;
    struct error err = {0};
    int status = 0;

    alarm(60);
    if (ranks_open_hosts(&ranks, &list, &err)) {
        status = body(ranks, &err);
        ranks_close(ranks, &err);
    }
    snprintf(name, sizeof name, "said-%zu", rank);
    test_file(name, err.text);
    _exit(status);
}

/* Run all ranks but those of `missing`; said[r] is what each failed with. */
static void run(const struct setting *setting, unsigned missing,
                int (*body)(struct ranks *ranks, struct error *err), char *said[SIZE_MAX_])
{
    pid_t child[SIZE_MAX_];
    struct error err = {0};
    char name[32];

    for (size_t r = 0; r < setting->size; r++) {
        snprintf(name, sizeof name, "said-%zu", r);
        test_file(name, "");
    }
    for (size_t r = 0; r < setting->size; r++)
        child[r] = missing >> r & 1 ? 0 : start(setting, r, body);
    for (size_t r = 0; r < setting->size; r++) {
        int status = 0;
        size_t size;
        if (child[r]) {
            EXPECT_EQ(waitpid(child[r], &status, 0), child[r]);
            EXPECT(WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL);
        }
        snprintf(name, sizeof name, "said-%zu", r);
        EXPECT_OK(file_read(test_path(name), 1 << 16, &said[r], &size, &err), &err);
    }
}

static void forget(size_t size, char *said[SIZE_MAX_])
{
    for (size_t r = 0; r < size; r++)
        free(said[r]);
}

TEST(ranks_sum_in_their_order_and_share)
{
    for (size_t size = 2; size <= SIZE_MAX_; size++) {
        const struct setting setting = {.size = size, .port = free_ports(SIZE_MAX_)};
        char *said[SIZE_MAX_];
        test_row = (int)size;
        run(&setting, 0, use, said);
        for (size_t r = 0; r < size; r++)
            EXPECT_STR(said[r], "");
        forget(size, said);
    }
}

TEST(ranks_alone_are_one)
{
    const char *const one[] = {"localhost"};
    const struct ranks_hosts list = {.host = one, .size = 1};
    struct error err = {0};
    struct ranks *ranks;

    EXPECT_OK(ranks_open_hosts(&ranks, &list, &err), &err);
    EXPECT(!ranks);
    EXPECT_EQ(ranks_size(ranks), 1);
    EXPECT_EQ(use(ranks, &err), 0);
    ranks_close(ranks, NULL);
}

TEST(ranks_say_who_has_other_data)
{
    const struct setting setting = {.size = 3, .port = free_ports(3)};
    char *said[SIZE_MAX_];

    run(&setting, 0, disagree, said);
    for (size_t r = 0; r < 3; r++)
        EXPECT_STR(said[r], "process 1 of 3 has other data than process 0");
    forget(3, said);
}

TEST(ranks_notice_one_that_is_killed)
{
    const struct setting setting = {.size = 3, .port = free_ports(3)};
    char *said[SIZE_MAX_];

    run(&setting, 0, lose, said);
    EXPECT_HAS(said[0], "lost process 1 of 3 ('127.0.0.1'): ");
    EXPECT_HAS(said[2], "lost process 1 of 3 ('127.0.0.1'): ");
    forget(3, said);
}

TEST(ranks_hear_why_one_stops)
{
    const struct setting setting = {.size = 2, .port = free_ports(2)};
    char *said[SIZE_MAX_];

    run(&setting, 0, stop, said);
    EXPECT_STR(said[0], "lost process 1 of 2 ('127.0.0.1'): row 7 is bad");
    EXPECT_STR(said[1], "row 7 is bad");
    forget(2, said);
}

TEST(ranks_do_not_wait_forever_for_a_host)
{
    const struct setting setting = {.size = 2, .port = free_ports(2), .seconds = 0.5};
    char *said[SIZE_MAX_];
    const double begin = clock_seconds();

    run(&setting, 1u << 1, use, said);
    EXPECT_HAS(said[0], "host '127.0.0.1' (process 1 of 2) has not come within 0 seconds");
    forget(2, said);
    run(&setting, 1u << 0, use, said);
    EXPECT_HAS(said[1], "cannot reach host 'localhost' (process 0 of 2) on port");
    EXPECT_HAS(said[1], "Connection refused");
    forget(2, said);
    EXPECT(clock_seconds() - begin < 20);
}

TEST(ranks_turn_away_another_job)
{
    const struct setting setting = {
        .size = 2, .port = free_ports(2), .seconds = 1.5, .job = {1, 2}};
    char *said[SIZE_MAX_];

    run(&setting, 0, use, said);
    EXPECT_HAS(said[0], "has not come within");
    EXPECT_HAS(said[1], "it works on another job");
    forget(2, said);
}
