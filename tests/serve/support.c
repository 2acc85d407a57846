#include "serve/support.h"

#include "base/text.h"
#include "pipeline/bundle_write.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, STOP_MS = 30000, ANSWER_MAX = 64 << 20 };

const char *pair_bundle(const char *folder, const char *first_label, const char *second_label)
{
    static const struct schema_column column[] = {{"first", SCHEMA_NUMBER, SCHEMA_REQUIRED},
                                                  {"second", SCHEMA_NUMBER, SCHEMA_REQUIRED}};
    static const char *const csv[] = {"label"};
    const struct schema input = {2, column};
    const struct table_string label[] = {{first_label, strlen(first_label)},
                                         {second_label, strlen(second_label)}};
    const struct decision decision = {.kind = DECISION_CLASSES, .labels = 2, .label = label};
    const struct bundle_plan plan = {
        .name = "pair", .input = &input, .decision = &decision, .csv_count = 1, .csv = csv};
    const char *path = test_path(folder);
    struct error err = {0};
    struct test_output clean = test_shell("rm -rf '%s'", path);

    test_output_clear(&clean);
    EXPECT_OK(bundle_write(&plan, path, &err), &err);
    return path;
}

struct server_process server_start(const char *format, ...)
{
    static int started;
    struct server_process server = {0};
    char arguments[2048], command[4096], port_file[256];
    va_list args;
    FILE *file;

    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(port_file, sizeof port_file, "%s/port-%d", test_folder(), started);
    snprintf(server.log, sizeof server.log, "%s/server-%d.log", test_folder(), started++);
    unlink(port_file);
    snprintf(command, sizeof command, "exec '%s' serve --port 0 --port-file '%s' %s 2>'%s'",
             getenv("QUERN"), port_file, arguments, server.log);
    server.process = fork();
    if (server.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves no server behind */
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    EXPECT(server.process > 0);
    if (!test_wait_for_file(port_file, server.process)) {
        struct test_output said = test_shell("cat '%s'", server.log);
        fail_msg("the server did not start: %s", said.out);
    }
    file = fopen(port_file, "r");
    EXPECT(file && fscanf(file, "%u", &server.port) == 1);
    fclose(file);
    return server;
}

static void sleep_ms(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
}

int server_stop(struct server_process *server, int signal)
{
    int status = 0;

    kill(server->process, signal);
    for (int waited = 0; waitpid(server->process, &status, WNOHANG) == 0; waited += 10) {
        if (waited >= STOP_MS)
            kill(server->process, SIGKILL);
        sleep_ms(10);
    }
    server->process = 0;
    if (WIFSIGNALED(status) &&
        WTERMSIG(status) != signal) { /* what it said last is on stderr, above the failed check */
        struct test_output said = test_shell("tail -n 40 '%s' >&2", server->log);
        fprintf(stderr, "the server ended by signal %d:\n%s", WTERMSIG(status), said.err);
        test_output_clear(&said);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int try_to_connect(unsigned port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    EXPECT(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

bool server_refuses(unsigned port)
{
    const int fd = try_to_connect(port);

    if (fd >= 0)
        close(fd);
    return fd < 0;
}

int server_connect(unsigned port)
{
    const int fd = try_to_connect(port);

    if (fd < 0)
        fail_msg("no connection to port %u: %s", port, strerror(errno));
    return fd;
}

void send_bytes(int socket, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        const ssize_t sent = send(socket, at, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the other side has closed, and what it said is still to be read */
        at += sent;
        size -= (size_t)sent;
    }
}

void send_text(int socket, const char *text)
{
    send_bytes(socket, text, strlen(text));
}

/* At most `room` bytes; 0 at the end, on an error, and when patience ends. */
static size_t receive_some(int socket, char *bytes, size_t room)
{
    struct pollfd wait = {.fd = socket, .events = POLLIN};

    if (poll(&wait, 1, PATIENCE_MS) <= 0)
        return 0;
    const ssize_t got = recv(socket, bytes, room, 0);
    return got > 0 ? (size_t)got : 0;
}

struct answer receive_answer(int socket)
{
    struct answer answer = {0};
    struct text head = {0};
    char c;

    /* Byte by byte, so that a pipelined answer behind this one stays in the socket. */
    while (!answer.head && receive_some(socket, &c, 1) == 1) {
        text_add(&head, &c, 1);
        if (head.length >= 4 && memcmp(head.bytes + head.length - 4, "\r\n\r\n", 4) == 0)
            answer.head = head.bytes;
    }
    if (!answer.head) {
        text_clear(&head);
        return answer;
    }
    EXPECT(sscanf(answer.head, "HTTP/1.1 %d", &answer.status) == 1);
    if (answer.status == 100) {
        text_clear(&head);
        return receive_answer(socket);
    }
    const char *length = strcasestr(answer.head, "\r\nContent-Length:");
    EXPECT(length != NULL);
    answer.size = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
    EXPECT(answer.size <= ANSWER_MAX);
    answer.body = calloc(answer.size + 1, 1);
    for (size_t at = 0; at < answer.size;) {
        const size_t got = receive_some(socket, answer.body + at, answer.size - at);
        EXPECT(got > 0);
        at += got;
    }
    return answer;
}

void answer_clear(struct answer *answer)
{
    free(answer->head);
    free(answer->body);
    *answer = (struct answer){0};
}

bool is_closed(int socket)
{
    char bytes[4096];
    struct pollfd wait = {.fd = socket, .events = POLLIN};

    for (;;) {
        if (poll(&wait, 1, PATIENCE_MS) <= 0)
            return false;
        if (recv(socket, bytes, sizeof bytes, 0) <= 0)
            return true;
    }
}

struct answer ask(unsigned port, const char *method, const char *path, const char *head,
                  const char *body)
{
    const int fd = server_connect(port);
    struct text request = {0};
    struct answer answer;

    text_add_format(&request, "%s %s HTTP/1.1\r\nHost: test\r\n%s", method, path, head);
    if (body)
        text_add_format(&request, "Content-Length: %zu\r\n", strlen(body));
    text_add_format(&request, "\r\n%s", body ? body : "");
    send_bytes(fd, request.bytes, request.length);
    answer = receive_answer(fd);
    text_clear(&request);
    close(fd);
    return answer;
}
