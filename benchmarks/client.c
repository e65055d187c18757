/* The clock of the benchmarks: sends requests over kept connections and notes when the answers, the agents' first acts and
 * the completions on the event stream come. Everything is in nanoseconds of CLOCK_MONOTONIC.
 *
 *   client wake KEY FIFO IDEAS PAUSE DEVICE-PORT FLOOR-PORT   a task each on device, floor and bare, in turn, per idea:
 *                                                             a line "device|floor|bare START VISIBLE"
 *   client control KEY PORT LANES ACTION                      start or pause, for every lane
 *   client throughput KEY PORT LANES TASKS                    starts the lanes: how long until so many completions
 *   client enqueue KEY PORT IDEAS SIZE                        assigns the ideas, SIZE per request: a line per request
 *   client claim KEY PORT FIFO COUNT                          starts lane 1 on a backlog, to the first agent: a line each
 *   client away-wake …, client away-enqueue …                 the same with tasks that another device does
 *   client away-throughput KEY PORT LANES TASKS KEY2 PORT2    the lanes of another device: how long until the completions
 *                                                             came to the first
 *
 * IDEAS is a file with one id per line; PAUSE, in milliseconds, lets everything come to rest before each run. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { silence_limit = 30000 };

static void check(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "client: %s (%s)\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void rest(int milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

/* Connections */

static const char *key;

static int connect_to(const char *port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connection = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    check(connection >= 0 && connect(connection, (struct sockaddr *)&address, sizeof address) == 0, "no connection");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connection;
}

/* A whole request as text, so that nothing but `send` stands between the clock and the wire. */
static char *request_text(const char *port, const char *method, const char *path, const char *body) {
    char *text;
    int size = asprintf(
        &text,
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nX-Bridge-API-Key: %s\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        method, path, port, key, strlen(body), body);
    check(size > 0, "no memory");
    return text;
}

static void send_text(int connection, const char *text) {
    size_t size = strlen(text);
    while (size > 0) {
        ssize_t count = send(connection, text, size, MSG_NOSIGNAL);
        check(count > 0, "the request could not be sent");
        text += count;
        size -= (size_t)count;
    }
}

static size_t receive(int connection, char *buffer, size_t room) {
    struct pollfd ready = {.fd = connection, .events = POLLIN};
    check(poll(&ready, 1, silence_limit) == 1, "nothing came for 30 seconds");
    ssize_t count = recv(connection, buffer, room, 0);
    check(count > 0, "the connection was closed");
    return (size_t)count;
}

/* Reads one answer; the text of its body stays valid until the next call. */
static const char *read_answer(int connection) {
    static char buffer[1 << 20];
    size_t size = 0;
    for (;;) {
        size += receive(connection, buffer + size, sizeof buffer - 1 - size);
        buffer[size] = 0;
        char *end = strstr(buffer, "\r\n\r\n");
        if (!end) continue;
        char *length = strcasestr(buffer, "\r\ncontent-length:");
        check(length && length < end, "an answer without a length");
        size_t expected = (size_t)(end + 4 - buffer) + strtoul(length + 17, NULL, 10);
        check(expected < sizeof buffer, "the answer is too long");
        if (size < expected) continue;
        if (strncmp(buffer, "HTTP/1.1 200", 12) != 0 || strstr(end, "\"refused\":[{")) {
            fprintf(stderr, "client: refused: %.400s\n", buffer);
            exit(1);
        }
        return end + 4;
    }
}

static const char *ask(int connection, const char *text) {
    send_text(connection, text);
    return read_answer(connection);
}

/* The event stream */

/* Counts how often a text comes in a stream of pieces, also across their borders. */
struct finder {
    const char *text;
    size_t matched;
};

static int found(struct finder *finder, const char *piece, size_t size) {
    int count = 0;
    for (size_t index = 0; index < size; index++) {
        /* Enough for these texts: their first character comes again only as their last. */
        if (piece[index] == finder->text[finder->matched]) finder->matched++;
        else finder->matched = piece[index] == finder->text[0];
        if (finder->text[finder->matched]) continue;
        finder->matched = 0;
        count++;
    }
    return count;
}

/* Whether tasks are for another device. */
static int away;

struct stream {
    int connection;
    struct finder completed, failed;
};

static struct stream open_stream(const char *port, int of_away) {
    struct stream stream = {connect_to(port), {"\nevent: task_completed\n", 0}, {"\nevent: task_failed\n", 0}};
    if (of_away) {
        stream.completed.text = "\nevent: offload_task_completed\n";
        stream.failed.text = "\nevent: offload_task_failed\n";
    }
    struct finder established = {"\nevent: connection_established\n", 0};
    char piece[65536];
    send_text(stream.connection, request_text(port, "GET", "/api/bridge/stream", ""));
    while (!found(&established, piece, receive(stream.connection, piece, sizeof piece))) {}
    return stream;
}

static void await_completions(struct stream *stream, int count) {
    char piece[65536];
    while (count > 0) {
        size_t size = receive(stream->connection, piece, sizeof piece);
        check(!found(&stream->failed, piece, size), "a task failed");
        count -= found(&stream->completed, piece, size);
    }
}

/* Agents */

static int open_fifo(const char *path) {
    int fifo = open(path, O_RDWR | O_NONBLOCK);
    check(fifo >= 0, "no FIFO");
    return fifo;
}

/* When the agent began. */
static uint64_t stamp(int fifo) {
    struct pollfd ready = {.fd = fifo, .events = POLLIN};
    uint64_t began;
    check(poll(&ready, 1, silence_limit) == 1, "no agent began");
    check(read(fifo, &began, sizeof began) == (ssize_t)sizeof began, "no stamp");
    return began;
}

static void forget_stamps(int fifo) {
    uint64_t began;
    while (read(fifo, &began, sizeof began) > 0) {}
}

/* Ideas */

static char **ideas;
static int idea_count;

static void load_ideas(const char *path) {
    FILE *file = fopen(path, "r");
    check(file != NULL, "no list of ideas");
    char line[128];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        ideas = realloc(ideas, sizeof *ideas * (size_t)(idea_count + 1));
        check(ideas && (ideas[idea_count++] = strdup(line)), "no memory");
    }
    fclose(file);
}

static char *assignment(const char *port, int first, int count, int of_away) {
    char *body = malloc(32 + (size_t)count * 132), *end = body;
    check(body != NULL, "no memory");
    end += sprintf(end, "{\"ideaIds\":[");
    for (int index = 0; index < count; index++) end += sprintf(end, "%s\"%s\"", index ? "," : "", ideas[first + index]);
    sprintf(end, "]}");
    return request_text(
        port, "POST", of_away ? "/api/bridge/offload/queue" : "/api/bridge/batches/any/assign", body);
}

static char *control(const char *port, int lane, const char *action) {
    char path[80], body[40];
    snprintf(path, sizeof path, "/api/bridge/batches/batch%d/control", lane);
    snprintf(body, sizeof body, "{\"action\":\"%s\"}", action);
    return request_text(port, "POST", path, body);
}

/* Measurements */

static void tell(const char *who, uint64_t began, uint64_t sent, uint64_t seen) {
    printf("%s %llu %llu\n", who, (unsigned long long)(began - sent), (unsigned long long)(seen - sent));
}

static void wake_one(const char *who, int connection, struct stream *stream, int fifo, const char *text) {
    uint64_t sent = now();
    send_text(connection, text);
    await_completions(stream, 1);
    uint64_t seen = now();
    read_answer(connection);
    tell(who, stamp(fifo), sent, seen);
}

static void wake(const char *fifo_path, int pause, const char *device_port, const char *floor_port) {
    int fifo = open_fifo(fifo_path), device = connect_to(device_port), floor = connect_to(floor_port);
    struct stream device_stream = open_stream(device_port, away), floor_stream = open_stream(floor_port, 0);
    const char *bare = request_text(floor_port, "POST", "/bare", "{}");
    forget_stamps(fifo);
    for (int index = 0; index < idea_count; index++) {
        char *for_device = assignment(device_port, index, 1, away), *for_floor = assignment(floor_port, index, 1, 0);
        unsigned long long sent, seen;
        rest(pause);
        wake_one("device", device, &device_stream, fifo, for_device);
        rest(pause);
        wake_one("floor", floor, &floor_stream, fifo, for_floor);
        rest(pause);
        check(sscanf(ask(floor, bare), "%llu %llu", &sent, &seen) == 2, "no times");
        tell("bare", stamp(fifo), sent, seen);
        free(for_device);
        free(for_floor);
    }
}

static void control_lanes(int connection, const char *port, int lanes, const char *action) {
    for (int lane = 1; lane <= lanes; lane++) ask(connection, control(port, lane, action));
}

/* The lanes are those of `worker`; its key is set when the stream is open. */
static void throughput(const char *port, int lanes, int tasks, const char *worker, const char *worker_key) {
    struct stream stream = open_stream(port, away);
    int connection = connect_to(worker);
    key = worker_key;
    uint64_t sent = now();
    control_lanes(connection, worker, lanes, "start");
    await_completions(&stream, tasks);
    printf("%llu\n", (unsigned long long)(now() - sent));
}

static void enqueue(const char *port, int size) {
    int connection = connect_to(port);
    for (int first = 0; first < idea_count; first += size) {
        char *text = assignment(port, first, size < idea_count - first ? size : idea_count - first, away);
        uint64_t sent = now();
        ask(connection, text);
        printf("%llu\n", (unsigned long long)(now() - sent));
        free(text);
    }
}

static void claim(const char *port, const char *fifo_path, int count) {
    int connection = connect_to(port), fifo = open_fifo(fifo_path);
    const char *start = control(port, 1, "start"), *pause = control(port, 1, "pause");
    const char *lanes = request_text(port, "GET", "/api/bridge/batches", "");
    for (int index = 0; index < count; index++) {
        forget_stamps(fifo);
        rest(20);
        uint64_t sent = now();
        send_text(connection, start);
        uint64_t began = stamp(fifo);
        read_answer(connection);
        ask(connection, pause);
        while (strstr(ask(connection, lanes), "\"running\":{")) rest(2);
        printf("%llu\n", (unsigned long long)(began - sent));
    }
}

int main(int count, char **arguments) {
    check(count >= 6, "the first lines of client.c say how it is called");
    const char *what = arguments[1];
    key = arguments[2];
    if (strncmp(what, "away-", 5) == 0) {
        away = 1;
        what += 5;
    }
    if (strcmp(what, "wake") == 0 && count == 8) {
        load_ideas(arguments[4]);
        wake(arguments[3], atoi(arguments[5]), arguments[6], arguments[7]);
    } else if (strcmp(what, "control") == 0) {
        control_lanes(connect_to(arguments[3]), arguments[3], atoi(arguments[4]), arguments[5]);
    } else if (strcmp(what, "throughput") == 0) {
        const char *worker = count == 8 ? arguments[7] : arguments[3], *worker_key = count == 8 ? arguments[6] : key;
        throughput(arguments[3], atoi(arguments[4]), atoi(arguments[5]), worker, worker_key);
    } else if (strcmp(what, "enqueue") == 0) {
        load_ideas(arguments[4]);
        enqueue(arguments[3], atoi(arguments[5]));
    } else if (strcmp(what, "claim") == 0) {
        claim(arguments[3], arguments[4], atoi(arguments[5]));
    } else {
        check(0, "unknown measurement");
    }
    return 0;
}
