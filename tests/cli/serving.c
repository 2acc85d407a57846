#include "serving.h"

#include "support/test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int read_port(const char *path)
{
    FILE *stream = fopen(path, "r");
    int port = 0;

    EXPECT(stream);
    EXPECT_EQ(fscanf(stream, "%d", &port), 1);
    fclose(stream);
    return port;
}

struct serving serving_start(const char *variables, const char *arguments)
{
    static int started;
    char script[4096], port_file[128];

    snprintf(port_file, sizeof port_file, "%s/port-%d", test_folder(), started++);
    snprintf(script, sizeof script,
             "%s exec \"$QUERN\" serve %s --port-file %s >>%s/served.txt 2>&1 </dev/null",
             variables, arguments, port_file, test_folder());
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    if (!test_wait_for_file(port_file, child)) {
        struct test_output said = test_shell("cat %s/served.txt", test_folder());
        fail_msg("the server did not start: %s", said.out);
    }
    return (struct serving){child, read_port(port_file)};
}

int serving_stop(struct serving *server)
{
    int status = 0;

    kill(server->pid, SIGTERM);
    waitpid(server->pid, &status, 0);
    *server = (struct serving){0};
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const char *serving_rows(void)
{
    static char path[128];

    if (!path[0]) {
        const char *test = test_shared("data/churn/split1729_test.csv");
        if (!test)
            return NULL;
        snprintf(path, sizeof path, "%s/rows.csv", test_folder());
        struct test_output made = test_shell("sed -e 1d -e 's/,[^,]*$//' %s >%s", test, path);
        EXPECT_EQ(made.status, 0);
        test_output_clear(&made);
    }
    return path;
}

const char *serving_bundle(void)
{
    static char path[128];
    const char *train = test_shared("data/churn/split1729_train.csv");
    const char *validation = test_shared("data/churn/split1729_validation.csv");
    const char *test = test_shared("data/churn/split1729_test.csv");

    if (!train || !validation || !test)
        return NULL;
    if (path[0])
        return path;
    struct test_output made =
        test_quern("run %s --out %s/churn --quiet --set source.path=null --set model.rounds=30 "
                   "--set source.train=%s --set source.validation=%s --set source.test=%s",
                   test_source("apps/churn/pipeline.yaml"), test_folder(), train, validation, test);
    if (made.status != 0)
        fail_msg("cannot train: %s", made.err);
    test_output_clear(&made);
    snprintf(path, sizeof path, "%s/churn/bundle", test_folder());
    return path;
}
