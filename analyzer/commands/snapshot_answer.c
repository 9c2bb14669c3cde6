/* A request becomes a copy, the copy's end an answer. */
#include "analyzer/commands/snapshot_answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SCAN_WAIT_MS = 5000 }; /* for its rows to come through the pipe, once it has been made */

static int64_t now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static enum session_turn turn(struct session_snapshot *asked)
{
        /* Acquire: pairs with the release of the command, so that its question is there. */
        return (enum session_turn)(atomic_load_explicit(&asked->state, memory_order_acquire) & 0xff);
}

/* False: it is no longer its turn. */
static bool turn_change(struct session_snapshot *asked, enum session_turn from, enum session_turn to)
{
        uint64_t state = atomic_load(&asked->state);

        return (state & 0xff) == from &&
               atomic_compare_exchange_strong(&asked->state, &state, (state & ~UINT64_C(0xff)) | to);
}

static void answer(struct session_snapshot *asked, const char *trouble)
{
        snprintf(asked->trouble, sizeof asked->trouble, "%s", trouble ? trouble : "");
        turn_change(asked, SESSION_BEGUN, SESSION_ANSWERED);
}

static bool has_scan(const struct model *model, uint32_t pid, uint32_t scan)
{
        for (const struct process *process = model->processes; process; process = process->hh.next)
                if (process->pid == pid && !process->gone && process->leaks.last.told.number >= scan)
                        return true;
        return false;
}

static void copy(struct snapshot *snapshot, struct session_snapshot *asked,
                 char *(*write)(void *context, const char *path), void *context)
{
        char path[sizeof asked->path];

        memcpy(path, asked->path, sizeof path);
        path[sizeof path - 1] = '\0';
        snapshot->overwrite = asked->overwrite != 0;
        snapshot->writer = fork();
        if (snapshot->writer == 0) {
                answer(asked, write(context, path));
                _exit(0);
        }
        if (snapshot->writer < 0) {
                snapshot->writer = 0;
                answer(asked, strerror(errno));
        }
}

static void reap(struct snapshot *snapshot, struct session_snapshot *asked, int how)
{
        if (!snapshot->writer || waitpid(snapshot->writer, NULL, how) == 0)
                return;
        snapshot->writer = 0;
        answer(asked, "the analyzer's copy that should have written it has died"); /* unless it has answered */
}

void snapshot_look(struct snapshot *snapshot, struct session_snapshot *asked, const struct model *model,
                   char *(*write)(void *context, const char *path), void *context)
{
        if (!asked)
                return;
        reap(snapshot, asked, WNOHANG);
        if (turn(asked) == SESSION_ASKED && turn_change(asked, SESSION_ASKED, SESSION_BEGUN))
                snapshot->since_ms = now_ms();
        if (turn(asked) == SESSION_BEGUN && !snapshot->writer &&
            (!asked->scan || has_scan(model, asked->pid, asked->scan) || now_ms() - snapshot->since_ms > SCAN_WAIT_MS))
                copy(snapshot, asked, write, context);
}

void snapshot_end(struct snapshot *snapshot, struct session_snapshot *asked)
{
        if (!asked)
                return;
        reap(snapshot, asked, 0);
        turn_change(asked, SESSION_ASKED, SESSION_BEGUN);
        answer(asked, "the program has ended meanwhile; its profile says how");
}
