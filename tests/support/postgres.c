#include "support/postgres.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_STEP_US = 20000, WAIT_STEPS = 600 };

static struct test_postgres shared;
static char programs[1024]; /* folder of initdb, postgres and psql */

static bool find_programs(void)
{
    glob_t found = {0};

    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0)
        snprintf(programs, sizeof programs, "%.*s",
                 (int)(strlen(found.gl_pathv[found.gl_pathc - 1]) - strlen("/initdb")),
                 found.gl_pathv[found.gl_pathc - 1]);
    else if (access("/usr/bin/initdb", X_OK) == 0)
        snprintf(programs, sizeof programs, "/usr/bin");
    globfree(&found);
    return programs[0];
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        abort();
    close(fd);
    return ntohs(address.sin_port);
}

/* In a child: become somebody PostgreSQL runs as, and die with the parent. */
static void become_user(const char *folder)
{
    const struct passwd *user = getpwnam("postgres");

    if (!user)
        user = getpwnam("nobody");
    if (geteuid() == 0) {
        if (!user || chown(folder, user->pw_uid, user->pw_gid) != 0 || setgroups(0, NULL) != 0 ||
            setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
            _exit(126);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* forgotten by a change of user, so after it */
    if (chdir(folder) != 0)
        _exit(126);
    setenv("PGPASSWORD", TEST_POSTGRES_PASSWORD, 1);
    setenv("LC_ALL", "C", 1);
}

/* Run a shell script as that user; its process. */
static pid_t start(const struct test_postgres *server, const char *script)
{
    const pid_t child = fork();

    if (child != 0)
        return child;
    become_user(server->folder);
    const int log = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    dup2(log, 1);
    dup2(log, 2);
    execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
}

static bool run(const struct test_postgres *server, const char *script)
{
    const pid_t child = start(server, script);
    int status = 0;

    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool ask(const struct test_postgres *server, const char *sql)
{
    char script[2048];

    snprintf(script, sizeof script,
             "exec '%s/psql' -h 127.0.0.1 -p %d -U quern -q -v ON_ERROR_STOP=1 -c '%s' postgres",
             programs, server->port, sql);
    return run(server, script);
}

static void remove_all(void)
{
    test_postgres_stop(&shared);
    struct test_output removed = test_shell("rm -rf '%s'", shared.folder);
    test_output_clear(&removed);
}

static void fail_with_log(const struct test_postgres *server, const char *what)
{
    struct test_output log = test_shell("tail -5 '%s/log'", server->folder);

    fail_msg("%s: %s", what, log.out);
}

void test_postgres_start(struct test_postgres *server)
{
    char script[2048];

    snprintf(script, sizeof script,
             "exec '%s/postgres' -D data -p %d -k '' -c listen_addresses=127.0.0.1 -c fsync=off "
             "-c shared_buffers=16MB -c max_connections=20",
             programs, server->port);
    server->pid = start(server, script);
    for (int i = 0; i < WAIT_STEPS; i++) {
        if (ask(server, "SELECT 1"))
            return;
        if (waitpid(server->pid, NULL, WNOHANG) != 0)
            break;
        usleep(WAIT_STEP_US);
    }
    fail_with_log(server, "PostgreSQL does not start");
}

void test_postgres_stop(struct test_postgres *server)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGQUIT); /* its children too, without waiting for clients */
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

struct test_postgres *test_postgres_shared(void)
{
    static bool tried;
    char script[2048];

    if (shared.port)
        return &shared;
    if (tried || !find_programs()) {
        if (!tried)
            fprintf(stderr, "*** SKIPPED: PostgreSQL is not installed (tools/setup check) ***\n");
        tried = true;
        return NULL;
    }
    tried = true;
    snprintf(shared.folder, sizeof shared.folder, "/tmp/quern-postgres-XXXXXX");
    if (!mkdtemp(shared.folder))
        fail_msg("cannot make '%s'", shared.folder);
    atexit(remove_all);
    snprintf(script, sizeof script,
             "echo %s >password && exec '%s/initdb' -D data -U quern -A scram-sha-256 "
             "--pwfile=password --no-sync -E UTF8 --locale=C",
             TEST_POSTGRES_PASSWORD, programs);
    if (!run(&shared, script))
        fail_with_log(&shared, "cannot make a database");
    const int port = free_port();
    shared.port = port;
    test_postgres_start(&shared);
    return &shared;
}

void test_postgres_place(struct test_postgres *server, char *where, size_t size)
{
    static int made;
    char sql[64];

    snprintf(sql, sizeof sql, "CREATE SCHEMA store_%d", ++made);
    if (!ask(server, sql))
        fail_with_log(server, "cannot make a schema");
    snprintf(where, size,
             "postgresql://quern:%s@127.0.0.1:%d/postgres?options=-csearch_path%%3Dstore_%d",
             TEST_POSTGRES_PASSWORD, server->port, made);
}

/* psql does not read options of a connection string apart from it: the whole is its database. */
static void script_of(char *script, size_t size, const char *where, const char *sql)
{
    snprintf(script, size, "exec '%s/psql' -q -v ON_ERROR_STOP=1 -c '%s' '%s'", programs, sql,
             where);
}

void test_postgres_ask(struct test_postgres *server, const char *where, const char *sql)
{
    char script[2048];

    script_of(script, sizeof script, where, sql);
    if (!run(server, script))
        fail_with_log(server, sql);
}

pid_t test_postgres_hold(struct test_postgres *server, const char *where, const char *table,
                         int seconds)
{
    char script[2048], sql[256];

    snprintf(sql, sizeof sql, "BEGIN; LOCK TABLE %s; SELECT pg_sleep(%d)", table, seconds);
    script_of(script, sizeof script, where, sql);
    return start(server, script);
}

void test_postgres_release(pid_t holder)
{
    kill(holder, SIGINT); /* psql cancels what it asked for */
    waitpid(holder, NULL, 0);
}
