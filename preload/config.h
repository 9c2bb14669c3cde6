/* What the environment asks for, read once in the constructor and copied: programs overwrite their environment. */
#ifndef PRELOAD_CONFIG_H
#define PRELOAD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

enum config_trace {
        CONFIG_TRACE_NONE, /* no HEAPTAP_PIPE: pools alone, nothing is sent */
        CONFIG_TRACE_OFF,  /* pools alone, with their figures at the end */
        CONFIG_TRACE_FULL,
};

enum config_unwind { CONFIG_UNWIND_OWN, CONFIG_UNWIND_LIBUNWIND, CONFIG_UNWIND_VERIFY, CONFIG_UNWIND_VERIFY_ALL };

enum config_fill { CONFIG_FILL_NONE, CONFIG_FILL_ZERO, CONFIG_FILL_JUNK };

struct config {
        enum config_trace trace;   /* HEAPTAP_TRACE=off|full */
        enum config_unwind unwind; /* HEAPTAP_UNWIND=own|libunwind|verify|verify-all */
        bool follow;               /* HEAPTAP_FOLLOW=1: programs executed by this one are traced too */
        bool debug;                /* HEAPTAP_DEBUG=1: canaries, junk, quarantine, and where blocks were freed */
        bool canaries;             /* HEAPTAP_CANARIES=1 */
        bool encode_links;         /* HEAPTAP_ENCODE_LINKS=1 */
        enum config_fill fill;     /* HEAPTAP_FILL=zero|junk: what free blocks are filled with */
        size_t quarantine_bytes;   /* HEAPTAP_QUARANTINE */
        unsigned guard;            /* HEAPTAP_GUARD: one allocation in so many has pages of its own */
        bool abort_on_error;       /* HEAPTAP_ON_ERROR=report|abort */
        bool drop;                 /* HEAPTAP_DROP=1: a full pipe loses events instead of making the program wait */
        unsigned stack_depth;      /* HEAPTAP_STACK_DEPTH: innermost frames kept; 0: all */
        unsigned stall_ms;         /* HEAPTAP_STALL_MS: how long a reader may show no sign of life */
        unsigned sample_rate;      /* HEAPTAP_SAMPLE: bytes, of which one is sampled; 0: every block is recorded */
        bool leak_check_off;       /* HEAPTAP_LEAK_CHECK=off */
        bool leak_who;             /* HEAPTAP_WHO=1: who points at what is reachable */
        bool leak_ptrace;          /* HEAPTAP_STOP=signal|ptrace */
        unsigned
                leak_every_ms; /* HEAPTAP_LEAK_CHECK_EVERY: 10s, 500ms, 2m, 1h; seconds if there is no unit. 0: never */
        unsigned leak_signal;  /* HEAPTAP_LEAK_SIGNAL: 40, RTMIN+6, RTMAX-3; 0: any that is free */
        char pipe[256];        /* HEAPTAP_PIPE: path of the FIFO */
        bool ungoverned;       /* HEAPTAP_GOVERNOR=off: limits do not change with memory pressure */
        size_t retain_bytes;   /* HEAPTAP_RETAIN: free memory that stays for good */
        size_t most_bytes;     /* HEAPTAP_RETAIN_MOST: that may stay at all */
        unsigned decay_ms;     /* HEAPTAP_DECAY_MS: how long what is between the two stays */
        char pressure_root[256]; /* HEAPTAP_PRESSURE_ROOT: where proc and sys are looked for, for tests */
};

/* In it are the defaults; who has others for the limits of retained memory puts them in before config_read. */
extern struct config config;

/* Reads `environment`; unless `follow`, takes our variables and our entry of LD_PRELOAD out of it, in place. */
void config_read(char **environment, const char *library);

#endif
