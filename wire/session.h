/* The memory that traced processes share with the analyzer: the frames not yet sent, so that SIGKILL loses none.
 *
 * The analyzer makes the file PIPE.shared beside the FIFO PIPE, SESSION_BYTES long and without holes, before it opens
 * the FIFO; every traced process maps it whole and shared. A thread claims a slot by storing its owner word with a
 * compare-and-swap from 0, builds its frame in the slot, and publishes after each event how many bytes are whole
 * (release). When a process is gone, the analyzer takes what its slots hold and sets the owner to 0 again.
 *
 * A frame that cannot go through the pipe is handed over where it lies: its owner draws a ticket from `handed`, stores
 * it in the slot, and claims another slot for what follows. Every frame that a thread wrote to the pipe before must be
 * read first, so the analyzer looks at `handed`, then empties the pipe, and then takes the slots with tickets up to
 * there.
 *
 * Behind the frames lies the place where a process asks the analyzer what of its memory is resident; see
 * struct session_measure. */
#ifndef WIRE_SESSION_H
#define WIRE_SESSION_H

#include <stdatomic.h>
#include <stdint.h>

#include "wire/wire.h"

enum {
        SESSION_MAGIC = 0x50415448, /* "HTAP" */
        SESSION_VERSION = 4,
        SESSION_SLOTS = 2048,
        SESSION_HANDED_MAX = 1536,      /* slots that wait to be taken, at most; the others are for threads */
        SESSION_SNAPSHOT_OFFSET = 2048, /* within the header's page */
        SESSION_SLOT_OFFSET = 4096,
        SESSION_FRAME_OFFSET = SESSION_SLOT_OFFSET + 64 * SESSION_SLOTS,
        SESSION_MEASURE_OFFSET = SESSION_FRAME_OFFSET + WIRE_FRAME_BYTES_MAX * SESSION_SLOTS,
        SESSION_RANGES = 16384,
        SESSION_PAGE_BYTES = 4096,
        SESSION_PAGE_WORDS = 1 << 17, /* of one bit for each page: 32 GiB of memory */
        SESSION_MEASURE_BYTES = 4096 + 24 * SESSION_RANGES + 8 * SESSION_PAGE_WORDS,
        SESSION_BYTES = SESSION_MEASURE_OFFSET + SESSION_MEASURE_BYTES,
};

struct session_header {
        uint32_t magic, version;
        uint32_t slot_count;
        _Atomic uint32_t next_process; /* stream numbers: fetch_add; starts at 1 */
        _Atomic uint32_t reader_pid;   /* of the analyzer; 0 once it has stopped reading */
        /* Moved on once a millisecond, past 0, while frames come in one after the other; 0: it does not go, look
         * elsewhere. When the analyzer is stopped or killed it stays at any value. Relaxed: it orders nothing. */
        _Atomic uint32_t clock;
        _Atomic uint64_t reader_beat; /* changes at least ten times a second while the analyzer reads */
        _Atomic uint64_t given_up;  /* the beat that a process has waited for in vain: until it changes, nobody waits */
        _Atomic uint64_t handed;    /* frames handed over so far; the latest ticket */
        _Atomic uint64_t collected; /* of them taken */
        _Atomic uint64_t unshared;  /* frames being built elsewhere, because all slots were taken */
        uint64_t pid_space;         /* inode of the PID namespace where pids here have a meaning; 0: not known */
        /* A scan for leaks that the analyzer wants of one process, pid << 32 | number. The process looks about once in
         * a millisecond of its allocations, and stores the word in `scan_begun` when it starts. `scan_told` says that
         * all frames of the scan have been sent (release), or that there will be none (scan_number 0). */
        _Atomic uint64_t scan_wanted;
        _Atomic uint64_t scan_begun;
        _Atomic uint64_t scan_told;
        _Atomic uint32_t scan_number; /* that of the scan, as wire_leak_scan has it */
};

/* The value that comes with a signal which the analyzer sends; no address of a process is like it. */
#define SESSION_WAKE_COOKIE UINT64_C(0x8000504154485341)

/* The pid in the slots of a process of another PID namespace. */
#define SESSION_PID_APART UINT32_MAX

struct session_slot {
        _Atomic uint64_t owner; /* process << 32 | thread; 0: free */
        _Atomic uint32_t bytes; /* of the frame in the slot that are whole, header included; 0: none begun */
        uint32_t pid;
        uint64_t pid_start;      /* unused by the reader when 0; start time of the pid as in /proc/PID/stat, field 22 */
        _Atomic uint64_t ticket; /* not 0: handed over, the analyzer's now. Release, so that it sees the frame */
        /* A process that does not allocate may be woken by this signal with SESSION_WAKE_COOKIE; 0: it must not be, the
         * signal would be the program's. All slots of a process say the same. */
        _Atomic uint32_t wake_signal;
        uint8_t pad[28];
};

_Static_assert(sizeof(struct session_slot) == 64, "a slot is one cache line");

/* Whose turn it is; in the low byte of session_measure.state, below the pid of the process that asks. */
enum session_turn {
        SESSION_FREE,
        SESSION_CLAIMED,  /* by a process, which writes its ranges */
        SESSION_ASKED,    /* the ranges are there: release by the process, acquire by the analyzer */
        SESSION_BEGUN,    /* the analyzer is at it; the process waits */
        SESSION_ANSWERED, /* release by the analyzer, acquire by the process, which frees the place when it has read */
        SESSION_GIVEN_UP, /* the process did not wait any longer: the analyzer frees the place */
};

struct session_range {
        uint64_t start, end; /* multiples of SESSION_PAGE_BYTES; ranges rise and do not overlap */
        uint32_t word;       /* the first of its words of page bits, or SESSION_NO_WORDS */
        uint32_t pages;      /* answer: resident ones */
};
#define SESSION_NO_WORDS UINT32_MAX

/* A process that ends (or takes stock) may be where no system call is allowed, so it cannot ask the kernel; but the
 * analyzer can, while the process stands still and looks at `state`. All answers are bytes that the kernel counts as
 * resident. */
struct session_measure {
        _Atomic uint64_t state; /* pid << 8 | enum session_turn */
        uint32_t range_count;
        uint32_t known;     /* answer: 0 if the process could not be looked at */
        uint64_t rss;       /* answer: of the whole process */
        uint64_t files;     /* of it outside of all ranges: in mappings of files */
        uint64_t stack;     /* the main thread's stack */
        uint64_t anonymous; /* all else */
};

/* `heaptap snapshot` asks the analyzer for a profile of now. The pid in `state` is that of the command; a place whose
 * owner has died may be taken by the next. */
struct session_snapshot {
        _Atomic uint64_t state; /* pid << 8 | enum session_turn */
        uint32_t pid;           /* of the traced process whose scan for leaks is to be in the profile */
        uint32_t scan;          /* the number of that scan; 0: none is waited for */
        uint32_t overwrite;     /* 1: what is at the path may be replaced */
        char path[1024];        /* absolute */
        char trouble[512];      /* answer: why there is no profile; "": it is there */
};

_Static_assert(SESSION_SNAPSHOT_OFFSET + sizeof(struct session_snapshot) <= SESSION_SLOT_OFFSET, "in the first page");

static inline struct session_snapshot *session_snapshot(void *base)
{
        return (struct session_snapshot *)((char *)base + SESSION_SNAPSHOT_OFFSET);
}

_Static_assert(sizeof(struct session_range) == 24, "as SESSION_MEASURE_BYTES has it");

static inline struct session_measure *session_measure(void *base)
{
        return (struct session_measure *)((char *)base + SESSION_MEASURE_OFFSET);
}

static inline struct session_range *session_ranges(void *base)
{
        return (struct session_range *)((char *)base + SESSION_MEASURE_OFFSET + 4096);
}

static inline uint64_t *session_page_words(void *base)
{
        return (uint64_t *)(session_ranges(base) + SESSION_RANGES);
}

static inline struct session_slot *session_slot(void *base, unsigned index)
{
        return (struct session_slot *)((char *)base + SESSION_SLOT_OFFSET) + index;
}

static inline uint8_t *session_frame(void *base, unsigned index)
{
        return (uint8_t *)base + SESSION_FRAME_OFFSET + (size_t)index * WIRE_FRAME_BYTES_MAX;
}

#endif
