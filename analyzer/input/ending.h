/* How the main program ended, as the supervisor tells through a pipe: one line, "exit N" or "signal N". */
#ifndef INPUT_ENDING_H
#define INPUT_ENDING_H

#include <stdbool.h>
#include <stddef.h>

struct ending {
        int fd;     /* -1: nobody will tell, or all has been told */
        bool over;  /* the line or the end of the pipe has come */
        bool known; /* the line has come, and said this: */
        int exit_status, exit_signal;
        char line[64];
        size_t line_bytes;
};

void ending_init(struct ending *ending, int fd); /* -1: none */
void ending_read(struct ending *ending);         /* what is there; never waits */
void ending_wait(struct ending *ending, int milliseconds);

#endif
