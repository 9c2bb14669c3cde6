/* The reader's side of `heaptap snapshot`: a profile of what has been read so far, written by a copy of this process
 * while it reads on. */
#ifndef ANALYZER_COMMANDS_SNAPSHOT_ANSWER_H
#define ANALYZER_COMMANDS_SNAPSHOT_ANSWER_H

#include <stdint.h>
#include <sys/types.h>

#include "analyzer/model/model.h"
#include "wire/session.h"

/* All zero at first. */
struct snapshot {
        pid_t writer;     /* the copy; 0: none */
        int64_t since_ms; /* when it was asked for */
        bool overwrite;   /* as it was asked */
};

/* Now and then. `write` is called in the copy; it returns NULL, or the trouble. `asked` may be NULL. */
void snapshot_look(struct snapshot *snapshot, struct session_snapshot *asked, const struct model *model,
                   char *(*write)(void *context, const char *path), void *context);

/* Waits for the copy; who has asked meanwhile is told that it is too late. */
void snapshot_end(struct snapshot *snapshot, struct session_snapshot *asked);

#endif
