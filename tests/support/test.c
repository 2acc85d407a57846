#include "support/test.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TESTS_MAX = 512, WAIT_STEP_US = 500, WAIT_STEPS = 60 * 1000000 / WAIT_STEP_US };

static struct CMUnitTest tests[TESTS_MAX];
static size_t test_count;
static char folder[64];
int test_row;

void test_register(const char *name, void (*function)(void **))
{
    if (test_count == TESTS_MAX)
        abort();
    tests[test_count++] = (struct CMUnitTest){.name = name, .test_func = function};
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static void remove_folder(void)
{
    if (folder[0])
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *test_folder(void)
{
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/quern-test-XXXXXX");
        if (!mkdtemp(folder))
            abort();
        atexit(remove_folder);
    }
    return folder;
}

/* In one of the last four buffers. */
static const char *join(const char *first, const char *name)
{
    static char paths[4][1024];
    static unsigned next;
    char *path = paths[next++ % 4];

    if ((size_t)snprintf(path, sizeof paths[0], "%s/%s", first, name) >= sizeof paths[0])
        abort();
    return path;
}

const char *test_path(const char *name)
{
    return join(test_folder(), name);
}

const char *test_file(const char *name, const char *text)
{
    const char *path = test_path(name);
    FILE *stream = fopen(path, "wb");

    if (!stream || fputs(text, stream) < 0 || fclose(stream) != 0)
        abort();
    return path;
}

const char *test_source(const char *name)
{
    return join(getenv("QUERN_SOURCE"), name);
}

const char *test_shared(const char *name)
{
    const char *path = join(getenv("QUERN_SHARED"), name);

    if (access(path, R_OK) == 0)
        return path;
    fprintf(stderr, "*** SKIPPED: reference data '%s' is not here ***\n", path);
    return NULL;
}

static char *slurp(const char *path)
{
    FILE *stream = fopen(path, "rb");
    size_t room = 1 << 20, used = 0;
    char *text = malloc(room);

    if (!stream || !text)
        abort();
    while ((used += fread(text + used, 1, room - used - 1, stream)) == room - 1) {
        room *= 2;
        text = realloc(text, room);
        if (!text)
            abort();
    }
    text[used] = '\0';
    fclose(stream);
    return text;
}

static struct test_output run_shell(const char *script)
{
    struct test_output output = {0};
    char *command = NULL, path[96];

    if (asprintf(&command, "{ %s\n} >%s/stdout 2>%s/stderr </dev/null", script, test_folder(),
                 test_folder()) < 0)
        abort();
    const int status = system(command);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    free(command);
    snprintf(path, sizeof path, "%s/stdout", folder);
    output.out = slurp(path);
    snprintf(path, sizeof path, "%s/stderr", folder);
    output.err = slurp(path);
    return output;
}

struct test_output test_shell(const char *format, ...)
{
    char *script = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&script, format, args) < 0)
        abort();
    va_end(args);
    struct test_output output = run_shell(script);
    free(script);
    return output;
}

struct test_output test_quern(const char *format, ...)
{
    char *arguments = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&arguments, format, args) < 0)
        abort();
    va_end(args);
    struct test_output output = test_shell("\"$QUERN\" %s", arguments);
    free(arguments);
    return output;
}

void test_output_clear(struct test_output *output)
{
    free(output->out);
    free(output->err);
    *output = (struct test_output){0};
}

bool test_wait_until(bool (*done)(const void *context), const void *context, pid_t child)
{
    for (int i = 0; i < WAIT_STEPS; i++) {
        siginfo_t ended = {0};
        if (done(context))
            return true;
        if (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid)
            return done(context);
        usleep(WAIT_STEP_US);
    }
    kill(child, SIGKILL);
    return false;
}

static bool is_there(const void *path)
{
    return access(path, F_OK) == 0;
}

bool test_wait_for_file(const char *path, pid_t child)
{
    return test_wait_until(is_there, path, child);
}

int main(int argc, char **argv)
{
    setenv("QUERN", TEST_PROGRAM, 0);
    setenv("QUERN_SOURCE", TEST_SOURCE, 0);
    setenv("QUERN_SHARED", TEST_SHARED, 0);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests(program_invocation_short_name, tests, test_count, NULL, NULL)
               ? 1
               : 0;
}
