/* The memory that traced processes share with the analyzer: the frames not yet sent, so that SIGKILL loses none.
 *
 * The analyzer makes the file PIPE.shared beside the FIFO PIPE, SESSION_BYTES long and sparse, before it opens the
 * FIFO; every traced process maps it whole and shared. A thread claims a slot by storing its owner word with a
 * compare-and-swap from 0, builds its frame in the slot, and publishes after each event how many bytes are whole
 * (release). When a process is gone, the analyzer takes what its slots hold and sets the owner to 0 again. */
#ifndef WIRE_SESSION_H
#define WIRE_SESSION_H

#include <stdatomic.h>
#include <stdint.h>

#include "wire/wire.h"

enum {
        SESSION_MAGIC = 0x50415448, /* "HTAP" */
        SESSION_VERSION = 1,
        SESSION_SLOTS = 2048,
        SESSION_SLOT_OFFSET = 4096,
        SESSION_FRAME_OFFSET = SESSION_SLOT_OFFSET + 64 * SESSION_SLOTS,
        SESSION_BYTES = SESSION_FRAME_OFFSET + WIRE_FRAME_BYTES_MAX * SESSION_SLOTS,
};

struct session_header {
        uint32_t magic, version;
        uint32_t slot_count;
        _Atomic uint32_t next_process; /* stream numbers: fetch_add; starts at 1 */
        _Atomic uint32_t reader_pid;   /* of the analyzer; 0 once it has stopped reading */
        uint32_t reserved;
        _Atomic uint64_t reader_beat; /* changes at least ten times a second while the analyzer reads */
};

struct session_slot {
        _Atomic uint64_t owner; /* process << 32 | thread; 0: free */
        _Atomic uint32_t bytes; /* of the frame in the slot that are whole, header included; 0: none begun */
        uint32_t pid;
        uint64_t pid_start; /* unused by the reader when 0; start time of the pid as in /proc/PID/stat, field 22 */
        uint8_t pad[40];
};

_Static_assert(sizeof(struct session_slot) == 64, "a slot is one cache line");

static inline struct session_slot *session_slot(void *base, unsigned index)
{
        return (struct session_slot *)((char *)base + SESSION_SLOT_OFFSET) + index;
}

static inline uint8_t *session_frame(void *base, unsigned index)
{
        return (uint8_t *)base + SESSION_FRAME_OFFSET + (size_t)index * WIRE_FRAME_BYTES_MAX;
}

#endif
