/* The bar. Where standard error is no terminal, nothing is ever written. */
#include "analyzer/commands/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
        FIRST_MS = 500, /* what is done by then needs no bar */
        NEXT_MS = 100,
        CELLS = 30,
};

static int64_t now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t all)
{
        int64_t now = now_ms();
        double share = all && done < all ? (double)done / (double)all : 1;

        if (!progress->begun) {
                progress->begun = true;
                progress->mute = !isatty(STDERR_FILENO);
                progress->next_ms = now + FIRST_MS;
        }
        if (progress->mute || now < progress->next_ms)
                return;
        progress->next_ms = now + NEXT_MS;
        progress->shown = true;
        fprintf(stderr, "\r%.40s [%-*.*s] %3d %%\033[K", what, CELLS, (int)(share * CELLS),
                "==============================", (int)(share * 100));
        fflush(stderr);
}

void progress_end(struct progress *progress)
{
        if (progress->shown)
                fputs("\r\033[K", stderr);
        progress->shown = false;
}
