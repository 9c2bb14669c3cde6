/* The line may come in pieces, before or after the end of the stream. */
#include "analyzer/input/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void ending_init(struct ending *ending, int fd)
{
        *ending = (struct ending){.fd = fd};
        if (fd >= 0)
                fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void ending_parse(struct ending *ending)
{
        int number, used_at = 0;

        ending->line[ending->line_bytes] = '\0';
        if (sscanf(ending->line, "exit %d", &number) == 1 && number >= 0 && number < 256) {
                ending->known = true;
                ending->exit_status = number;
        } else if (sscanf(ending->line, "signal %d", &number) == 1 && number > 0 && number < 128) {
                ending->known = true;
                ending->exit_signal = number;
        }
        if (ending->known && sscanf(ending->line, "%*s %*d%n", &used_at) == 0 && used_at)
                sscanf(ending->line + used_at, "%" SCNu64 " %" SCNu64 " %" SCNu64, &ending->rss_bytes,
                       &ending->cpu_user_us, &ending->cpu_system_us);
        ending->over = true;
        close(ending->fd);
        ending->fd = -1;
}

void ending_read(struct ending *ending)
{
        while (ending->fd >= 0) {
                size_t room = sizeof ending->line - 1 - ending->line_bytes;
                ssize_t bytes = read(ending->fd, ending->line + ending->line_bytes, room);

                if (bytes < 0 && errno == EINTR)
                        continue;
                if (bytes < 0 && errno == EAGAIN)
                        return;
                if (bytes > 0)
                        ending->line_bytes += (size_t)bytes;
                if (bytes <= 0 || (size_t)bytes == room || memchr(ending->line, '\n', ending->line_bytes))
                        ending_parse(ending);
        }
}

static long long now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void ending_wait(struct ending *ending, int milliseconds)
{
        long long until = now_ms() + milliseconds;

        for (ending_read(ending); ending->fd >= 0 && now_ms() < until; ending_read(ending)) {
                struct pollfd fd = {.fd = ending->fd, .events = POLLIN};

                poll(&fd, 1, (int)(until - now_ms()));
        }
}
