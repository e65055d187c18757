/* The least that the work needs: the floor that the figures of the device are compared with.
 *
 *   floor DATABASE LANES AGENT [ARGUMENT...]
 *
 * One thread, one SQLite database (WAL, synchronous=FULL), the same agent started by posix_spawn in a session of its own,
 * its output read to the end. It answers the few requests that the client of the benchmarks sends, in the same form as the
 * device does, so that the client cannot tell the two apart:
 *
 *   POST /api/bridge/batches/any/assign        every task of the body, and every lane filled, in one commit
 *   POST /api/bridge/batches/batch<n>/control  start or pause
 *   GET  /api/bridge/stream                    task_completed, once the end is durable
 *   POST /bare                                 one task without network or loop, timed in here: "begin end" in nanoseconds
 *
 * Everything that is ready at the same time shares a commit; a task costs at most three: submitted and claimed, started,
 * finished. It checks nothing, knows no key, forgives nothing: whatever goes wrong ends it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { lane_limit = 64, connection_limit = 16, request_limit = 1 << 20 };

static void check(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "floor: %s (%s)\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The record */

enum { pending, claimed, started, finished };

static sqlite3 *database;
static sqlite3_stmt *begin, *commit, *insert, *next_pending, *set_status;
static int is_writing;

static sqlite3_stmt *prepared(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) == SQLITE_OK, sql);
    return statement;
}

static void run(sqlite3_stmt *statement) {
    check(sqlite3_step(statement) == SQLITE_DONE, sqlite3_errmsg(database));
    sqlite3_reset(statement);
}

static void open_record(const char *path) {
    check(sqlite3_open(path, &database) == SQLITE_OK, "the database cannot be opened");
    const char *setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                        "CREATE TABLE tasks (id INTEGER PRIMARY KEY, idea TEXT NOT NULL, status INTEGER NOT NULL);"
                        "CREATE INDEX tasks_pending ON tasks (id) WHERE status = 0;";
    check(sqlite3_exec(database, setup, NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(database));
    begin = prepared("BEGIN IMMEDIATE");
    commit = prepared("COMMIT");
    insert = prepared("INSERT INTO tasks (idea, status) VALUES (?, ?)");
    next_pending = prepared("SELECT id FROM tasks INDEXED BY tasks_pending WHERE status = 0 ORDER BY id LIMIT 1");
    set_status = prepared("UPDATE tasks SET status = ? WHERE id = ?");
}

static void write_begins(void) {
    if (!is_writing) run(begin);
    is_writing = 1;
}

static void write_ends(void) {
    if (is_writing) run(commit);
    is_writing = 0;
}

static int64_t insert_task(const char *idea, int length, int status) {
    write_begins();
    sqlite3_bind_text(insert, 1, idea, length, SQLITE_TRANSIENT);
    sqlite3_bind_int(insert, 2, status);
    run(insert);
    return sqlite3_last_insert_rowid(database);
}

static void update_task(int64_t task, int status) {
    write_begins();
    sqlite3_bind_int(set_status, 1, status);
    sqlite3_bind_int64(set_status, 2, task);
    run(set_status);
}

static int64_t first_pending(void) {
    int64_t task = sqlite3_step(next_pending) == SQLITE_ROW ? sqlite3_column_int64(next_pending, 0) : 0;
    sqlite3_reset(next_pending);
    return task;
}

/* Processes */

static char **agent;

/* Starts the agent; `output` becomes the end of the pipe to read from. */
static pid_t start_agent(int *output) {
    int ends[2];
    check(pipe2(ends, O_CLOEXEC) == 0, "no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t child;
    check(posix_spawn(&child, agent[0], &actions, &attributes, agent, environ) == 0, "the agent does not start");
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    *output = ends[0];
    return child;
}

/* Reads what there is. Returns true at the end, when the agent has been reaped too. */
static int has_ended(int output, pid_t child) {
    char piece[4096];
    ssize_t count = read(output, piece, sizeof piece);
    check(count >= 0, "the output cannot be read");
    if (count > 0) return 0;
    close(output);
    int status;
    check(waitpid(child, &status, 0) == child && status == 0, "the agent failed");
    return 1;
}

static struct lane {
    int runs;
    int64_t task;
    int is_new;
    pid_t child;
    int output;
} lanes[lane_limit];
static int lane_count;

/* Connections */

static struct connection {
    int socket;
    int streams;
    int answers;
    size_t size;
    char *request;
} connections[connection_limit];

static void send_all(int socket, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = send(socket, bytes, size, MSG_NOSIGNAL);
        if (count < 0) return; /* The client left; its end is seen when it is read from. */
        bytes += count;
        size -= (size_t)count;
    }
}

static void answer(int socket, const char *body) {
    char bytes[512];
    int size = snprintf(
        bytes, sizeof bytes, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(body), body);
    send_all(socket, bytes, (size_t)size);
}

static void send_event(int socket, const char *name, int64_t task) {
    char event[200], chunk[240];
    int size = snprintf(
        event, sizeof event, "id: %lld\nevent: %s\ndata: {\"taskId\":%lld}\n\n", (long long)task, name, (long long)task);
    size = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", size, event);
    send_all(socket, chunk, (size_t)size);
}

static void bare(int socket) {
    char times[64];
    int output;
    uint64_t from = now();
    int64_t task = insert_task("bare", 4, claimed);
    write_ends();
    pid_t child = start_agent(&output);
    update_task(task, started);
    write_ends();
    while (!has_ended(output, child)) {}
    update_task(task, finished);
    write_ends();
    snprintf(times, sizeof times, "%llu %llu", (unsigned long long)from, (unsigned long long)now());
    answer(socket, times);
}

static void assign(const char *body) {
    const char *idea = strchr(body, '[');
    while (idea && (idea = strchr(idea, '"'))) {
        const char *end = strchr(idea + 1, '"');
        if (!end) break;
        insert_task(idea + 1, (int)(end - idea - 1), pending);
        idea = end + 1;
    }
}

static void take(struct connection *connection, const char *body) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    const char *path = strchr(connection->request, ' ') + 1;
    int number;
    if (strncmp(path, "/bare ", 6) == 0) return bare(connection->socket);
    if (strncmp(path, "/api/bridge/stream ", 19) == 0) {
        connection->streams = 1;
        send_all(connection->socket, head, sizeof head - 1);
        return send_event(connection->socket, "connection_established", 0);
    }
    if (strncmp(path, "/api/bridge/batches/any/assign ", 31) == 0) assign(body);
    else if (sscanf(path, "/api/bridge/batches/batch%d/control ", &number) == 1 && number >= 1 && number <= lane_count)
        lanes[number - 1].runs = strstr(body, "\"start\"") != NULL;
    else check(0, "unknown request");
    connection->answers = 1;
}

static void drop(struct connection *connection) {
    close(connection->socket);
    connection->socket = -1;
}

/* One request at a time per connection, as the client sends them. */
static void receive(struct connection *connection) {
    ssize_t count = recv(
        connection->socket, connection->request + connection->size, request_limit - 1 - connection->size, 0);
    if (count <= 0) return drop(connection);
    connection->size += (size_t)count;
    connection->request[connection->size] = 0;
    char *end = strstr(connection->request, "\r\n\r\n");
    if (!end) return;
    char *length = strcasestr(connection->request, "\r\ncontent-length:");
    size_t expected = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    if (connection->size < (size_t)(end + 4 - connection->request) + expected) return;
    take(connection, end + 4);
    connection->size = 0;
}

static void accept_from(int listener) {
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
    check(socket >= 0, "no connection");
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (int index = 0; index < connection_limit; index++) {
        struct connection *connection = &connections[index];
        if (connection->socket >= 0) continue;
        char *request = connection->request ? connection->request : malloc(request_limit);
        check(request != NULL, "no memory");
        *connection = (struct connection){.socket = socket, .request = request};
        return;
    }
    close(socket);
}

static int open_listener(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(listener >= 0 && bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 8) == 0,
          "no listener");
    check(getsockname(listener, (struct sockaddr *)&address, &size) == 0, "no port");
    printf("floor listens on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* The loop */

static void fill_lanes(void) {
    for (int index = 0; index < lane_count; index++) {
        struct lane *lane = &lanes[index];
        if (!lane->runs || lane->task) continue;
        if (!(lane->task = first_pending())) return;
        lane->is_new = 1;
        update_task(lane->task, claimed);
    }
}

/* Everything that became ready: one commit for what was sent, ended and claimed, and one for what was started. */
static void turn(struct pollfd *ready, int listener_index, int listener) {
    int64_t ended[lane_limit];
    int ended_count = 0;
    for (int index = 0; index < lane_count; index++) {
        struct lane *lane = &lanes[index];
        if (!ready[index].revents || !has_ended(lane->output, lane->child)) continue;
        update_task(lane->task, finished);
        ended[ended_count++] = lane->task;
        lane->task = 0;
    }
    for (int index = 0; index < connection_limit; index++)
        if (ready[lane_limit + index].revents) receive(&connections[index]);
    if (ready[listener_index].revents) accept_from(listener);
    fill_lanes();
    write_ends();
    for (int index = 0; index < lane_count; index++)
        if (lanes[index].is_new) lanes[index].child = start_agent(&lanes[index].output);
    for (int index = 0; index < connection_limit; index++) {
        struct connection *connection = &connections[index];
        if (connection->socket < 0) continue;
        if (connection->answers) answer(connection->socket, "{}");
        connection->answers = 0;
        for (int task = 0; connection->streams && task < ended_count; task++)
            send_event(connection->socket, "task_completed", ended[task]);
    }
    for (int index = 0; index < lane_count; index++) {
        if (lanes[index].is_new) update_task(lanes[index].task, started);
        lanes[index].is_new = 0;
    }
    write_ends();
}

int main(int count, char **arguments) {
    check(count >= 4, "usage: floor DATABASE LANES AGENT [ARGUMENT...]");
    open_record(arguments[1]);
    lane_count = atoi(arguments[2]);
    check(lane_count >= 1 && lane_count <= lane_limit, "LANES is a number from 1 to 64");
    agent = arguments + 3;
    for (int index = 0; index < connection_limit; index++) connections[index].socket = -1;
    int listener = open_listener(), listener_index = lane_limit + connection_limit;
    for (;;) {
        struct pollfd ready[lane_limit + connection_limit + 1];
        for (int index = 0; index < lane_limit; index++)
            ready[index] = (struct pollfd){.fd = lanes[index].task ? lanes[index].output : -1, .events = POLLIN};
        for (int index = 0; index < connection_limit; index++)
            ready[lane_limit + index] = (struct pollfd){.fd = connections[index].socket, .events = POLLIN};
        ready[listener_index] = (struct pollfd){.fd = listener, .events = POLLIN};
        check(poll(ready, (nfds_t)listener_index + 1, -1) > 0, "poll");
        turn(ready, listener_index, listener);
    }
}
