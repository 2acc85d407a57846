#include "remote/store.h"

#include "remote/s3_client.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_STEP_US = 20000, WAIT_STEPS = 1500 };

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int store_free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        abort();
    close(fd);
    return ntohs(address.sin_port);
}

static bool answers(int port)
{
    const struct sockaddr_in address = loopback(port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool open = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;

    close(fd);
    return open;
}

static bool find_program(const char *name, char *path, size_t room)
{
    snprintf(path, room, "%s/.deps/%s", getenv("QUERN_SOURCE"), name);
    return access(path, X_OK) == 0;
}

static void run_server(const struct store *store, const char *program, const char *folder)
{
    char place[64], port[16];
    const int log = open(test_path("store.log"), O_WRONLY | O_CREAT | O_APPEND, 0666);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, 1);
    dup2(log, 2);
    snprintf(place, sizeof place, "127.0.0.1:%d", store->port);
    snprintf(port, sizeof port, "%d", store->port);
    setenv("ROOT_ACCESS_KEY", STORE_KEY, 1);
    setenv("ROOT_SECRET_KEY", STORE_SECRET, 1);
    if (store->strict)
        execl(program, program, "--port", place, "--quiet", "posix", folder, (char *)NULL);
    else
        execl(program, program, "-H", "127.0.0.1", "-p", port, (char *)NULL);
    _exit(127);
}

void store_restart(struct store *store)
{
    char program[1024], folder[1024];

    find_program(store->strict ? "versitygw/versitygw" : "moto/bin/moto_server", program,
                 sizeof program);
    snprintf(folder, sizeof folder, "%s/store-%d", test_folder(), store->port);
    mkdir(folder, 0777);
    store->pid = fork();
    if (store->pid == 0)
        run_server(store, program, folder);
    for (int i = 0; i < WAIT_STEPS && !answers(store->port); i++)
        usleep(WAIT_STEP_US);
    if (!answers(store->port))
        fail_msg("the store '%s' does not start", program);
}

void store_stop(struct store *store)
{
    if (store->pid <= 0)
        return;
    kill(store->pid, SIGKILL);
    waitpid(store->pid, NULL, 0);
    store->pid = 0;
}

void store_environment(const struct store *store)
{
    static const char *const others[] = {"AWS_SESSION_TOKEN",
                                         "AWS_PROFILE",
                                         "AWS_DEFAULT_REGION",
                                         "AWS_ENDPOINT_URL_S3",
                                         "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                         "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        unsetenv(others[i]);
    setenv("AWS_ACCESS_KEY_ID", STORE_KEY, 1);
    setenv("AWS_SECRET_ACCESS_KEY", STORE_SECRET, 1);
    setenv("AWS_REGION", "us-east-1", 1);
    setenv("AWS_ENDPOINT_URL", store->endpoint, 1);
    setenv("AWS_MAX_ATTEMPTS", "3", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null/none", 1);
    setenv("AWS_CONFIG_FILE", "/dev/null/none", 1);
    setenv("no_proxy", "127.0.0.1", 1);
}

void store_ask(const char *method, const char *bucket, const char *key, const char *query,
               char *answer, size_t room)
{
    struct s3_account account;
    struct s3_client *client;
    struct s3_call call = S3_CALL;
    struct s3_answer got;
    struct error err = {0};

    call.method = method;
    call.bucket = bucket;
    call.key = key;
    call.query = query;
    EXPECT_OK(s3_account_load(&account, &err), &err);
    EXPECT_OK(s3_client_open(&client, &account, &err), &err);
    EXPECT_OK(s3_client_call(client, &call, &got, &err), &err);
    if (answer)
        snprintf(answer, room, "%s", got.body.bytes ? got.body.bytes : "");
    s3_answer_clear(&got);
    s3_client_close(client);
    s3_account_clear(&account);
}

bool store_start(struct store *store)
{
    char program[1024];

    *store = (struct store){.strict = true};
    if (!find_program("versitygw/versitygw", program, sizeof program)) {
        store->strict = false;
        if (!find_program("moto/bin/moto_server", program, sizeof program)) {
            fprintf(stderr, "*** SKIPPED: no S3 server is installed (tools/setup s3) ***\n");
            return false;
        }
        fprintf(stderr, "*** the strict S3 server is not installed: testing against moto ***\n");
    }
    test_folder();
    store->port = store_free_port();
    snprintf(store->endpoint, sizeof store->endpoint, "http://127.0.0.1:%d", store->port);
    store_restart(store);
    store_environment(store);
    store_ask("PUT", "quern", "", NULL, NULL, 0);
    return true;
}

static struct store shared;

static void stop_shared(void)
{
    store_stop(&shared);
}

struct store *store_shared(void)
{
    static bool tried, there;

    if (!tried) {
        tried = true;
        there = store_start(&shared);
        atexit(stop_shared);
    } else if (!there) {
        fprintf(stderr, "*** SKIPPED: no S3 server is installed (tools/setup s3) ***\n");
    }
    if (there)
        store_environment(&shared);
    return there ? &shared : NULL;
}
