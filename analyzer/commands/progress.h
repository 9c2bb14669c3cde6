/* How far a long file has been read: a line on the terminal that comes after a while and goes at the end. */
#ifndef ANALYZER_COMMANDS_PROGRESS_H
#define ANALYZER_COMMANDS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
        bool begun, mute, shown;
        int64_t next_ms; /* when to show it again */
};

void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t all);
void progress_end(struct progress *progress);

#endif
