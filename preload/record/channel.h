/* The way to the analyzer: the FIFO, and the memory shared with it in which frames are built (wire/session.h).
 *
 * One call sends one whole frame; the kernel keeps frames of at most PIPE_BUF bytes apart, so there is no lock. The
 * descriptor lies high, is closed on exec, and its identity is checked before each frame; it is open for reading too,
 * so that a dead reader raises no SIGPIPE. */
#ifndef PRELOAD_RECORD_CHANNEL_H
#define PRELOAD_RECORD_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place for one thread's frame. Its memory is shared with the analyzer, or private when no place was free. */
struct channel_slot {
        uint8_t *frame;              /* WIRE_FRAME_BYTES_MAX bytes */
        _Atomic uint32_t *bytes;     /* of them that are whole */
        struct session_slot *shared; /* NULL: private */
        _Atomic uint32_t private_bytes;
};

/* In the constructor. False: nobody reads the FIFO. `drop`: hardly wait for the reader. */
bool channel_open(const char *path, bool drop, unsigned stall_ms);

extern _Atomic bool channel_ended;       /* nothing is sent any more */
static inline bool channel_is_open(void) /* false: the recording has ended for good */
{
        return !atomic_load_explicit(&channel_ended, memory_order_relaxed);
}
uint32_t channel_process_new(void); /* the number of a new stream; to be called in its process */
uint32_t channel_pid(void);         /* of that process */

/* The memory shared with the reader, SESSION_BYTES of it; NULL: there is none, or nobody reads any more. */
struct session_header *channel_session(void);

int channel_descriptor(void); /* negative: there is none at this moment */

/* What the analyzer may wake this process with; 0: nothing. */
void channel_wake_by(uint32_t signal);

/* From now on no system call is made: one could be the program's death. Frames are handed over in the shared memory. */
void channel_be_quiet(void);
bool channel_is_quiet(void);
bool channel_is_apart(void); /* in another PID namespace than the reader */

/* A slot that already has memory keeps it when it is private. False: no memory. */
bool channel_claim(struct channel_slot *slot, uint32_t process, uint32_t thread);
void channel_begin(const struct channel_slot *slot); /* a frame is begun in it */
void channel_release(struct channel_slot *slot);     /* what it holds must have been sent */
void channel_after_fork(struct channel_slot *slot);  /* in the child: what it holds is the parent's */

enum channel_way {
        CHANNEL_PIPE,         /* or not at all, if the pipe stays full */
        CHANNEL_PIPE_OR_HAND, /* what does not go through the pipe is handed over */
        CHANNEL_HAND,         /* handed over, as what came before: the order must stay */
};
enum channel_sent {
        CHANNEL_SENT,
        CHANNEL_HANDED, /* the slot is another one now, or has no memory */
        CHANNEL_LOST,   /* the reader is gone, does not read, or not in time */
};
enum channel_sent channel_send(struct channel_slot *slot, size_t byte_count, enum channel_way way);

#endif
