/* When free memory goes back to the kernel.
 *
 * Memory is *retained* while it is free and may be resident: dirty slices of segments, and idle huge mappings. A little
 * may stay for good; what is above that goes when it has been free for a while; and what is above the most that may be
 * retained goes at once. Time passes only in slow paths: heap_tick asks for it. */
#ifndef PRELOAD_ALLOC_PURGE_H
#define PRELOAD_ALLOC_PURGE_H

#include "preload/alloc/memory.h"

struct purge_limits {
        size_t retain_bytes; /* stays for good, so that small programs in sandboxes never call madvise */
        size_t most_bytes;   /* at most, but a quarter of all segments is always allowed; 0: next to nothing */
        unsigned decay_ms;   /* how long it may be free before it goes; 0: at the next tick */
};
extern struct purge_limits purge_configured; /* what purge_set starts from; only the constructor writes it */

/* Any thread may set the limits at any time; they hold from the next tick on. */
void purge_set(struct purge_limits limits);
struct purge_limits purge_now(void);

enum purge_why {
        PURGE_DECAY,  /* it was free for long enough */
        PURGE_MOST,   /* there was too much of it */
        PURGE_FORCED, /* purge_force */
};

/* Gives back all that can go; how many bytes. */
size_t purge_force(void);

/* What is to be called, or NULL; only the constructor writes these. The first by every purge_decay, the second after
 * every purge that gave something back. Both are called in the slow paths of malloc and free. */
extern void (*purge_tick)(uint64_t now_ms);
extern void (*purge_done)(enum purge_why why, size_t bytes, uint64_t began_ns, uint64_t ended_ns);

/* True: there is something that time or limits may give back, or so much that the limits may have to change, so ticks
 * are wanted. */
enum { PURGE_WATCH_BYTES = 16 << 20 };
extern _Atomic size_t purge_watch;

static inline bool purge_is_waiting(void)
{
        return memory_retained_bytes() > atomic_load_explicit(&purge_watch, memory_order_relaxed);
}

/* Gives back what is above the most, at once; the first asks whether there may be some. */
extern _Atomic size_t purge_most;

static inline bool purge_is_excess(void)
{
        return memory_retained_bytes() > atomic_load_explicit(&purge_most, memory_order_relaxed);
}
void purge_excess(void);

/* Coarse, and cheap to ask. */
uint64_t purge_clock_ms(void);
unsigned purge_half_decay_ms(void);

/* Purges what has been free for half a decay time at least, if so much time has passed since the last call that did;
 * true: it has. */
bool purge_decay(uint64_t now_ms);

/* Calls what gives memory back, and tells purge_done of it; how many bytes. */
size_t purge_watched(enum purge_why why, size_t (*purge)(size_t argument), size_t argument);
#endif
