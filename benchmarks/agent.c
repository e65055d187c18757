/* The agent of the benchmarks: tells when it began, and ends.
 *
 *   agent FIFO
 *
 * Writes eight bytes, nanoseconds of CLOCK_MONOTONIC, taken before anything else. A FIFO and not a file, so that no
 * measured fdatasync has anything of ours to write. It never waits: without a reader, or with a full FIFO, it fails, the
 * task fails, and the measurement stops. */
#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (count != 2) return 64;
    uint64_t began = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    int fifo = open(arguments[1], O_WRONLY | O_NONBLOCK);
    if (fifo < 0) return 1;
    return write(fifo, &began, sizeof began) == (ssize_t)sizeof began ? 0 : 1;
}
