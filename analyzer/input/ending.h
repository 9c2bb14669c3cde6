/* How the main program ended, as the supervisor tells through a pipe: one line, "exit N" or "signal N", and behind it
 * what the program has used, its reaped children included: peak of resident memory in bytes, microseconds of CPU of the
 * user and of the system. */
#ifndef INPUT_ENDING_H
#define INPUT_ENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ending {
        int fd;     /* -1: nobody will tell, or all has been told */
        bool over;  /* the line or the end of the pipe has come */
        bool known; /* the line has come, and said this: */
        int exit_status, exit_signal;
        uint64_t rss_bytes, cpu_user_us, cpu_system_us; /* 0: not told */
        char line[128];
        size_t line_bytes;
};

void ending_init(struct ending *ending, int fd); /* -1: none */
void ending_read(struct ending *ending);         /* what is there; never waits */
void ending_wait(struct ending *ending, int milliseconds);

#endif
