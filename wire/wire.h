/* What both halves share: the frame, the events, and their limits. FORMAT.md states every byte.
 *
 * Nothing here depends on anything else. All integers on the wire are little-endian; "varint" is
 * unsigned LEB128; "zigzag" is the signed mapping of Protocol Buffers on top of it. */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        WIRE_VERSION = 2,
        WIRE_FRAME_BYTES_MAX = 4096, /* PIPE_BUF on Linux: one write of a frame is atomic */
        WIRE_HEADER_BYTES = 24,
        WIRE_SLOTS = 256,            /* recent (stack, size) pairs a frame can refer to by one byte */
        WIRE_PC_SLOTS = 64,          /* recent pcs that a STACK of the frame can refer to by one byte */
        WIRE_STACK_FRAMES_MAX = 256, /* frames in one STACK event; longer stacks are chained by ancestor */
        WIRE_STRING_BYTES_MAX = 1024,
        WIRE_BUILD_ID_BYTES_MAX = 64,
        WIRE_CLASSES_MAX = 128,
        WIRE_GUARDED_SLOTS_MAX = 64,
        WIRE_LINKS_MAX = 16,
        WIRE_DECILES = 10,
};

/* The header of a frame, in host form. */
struct wire_header {
        uint16_t bytes;    /* of the whole frame, header included */
        uint8_t version;   /* WIRE_VERSION */
        uint8_t flags;     /* WIRE_FRAME_* */
        uint32_t process;  /* number of the stream: one for each traced process image, never reused */
        uint32_t thread;   /* number of the thread within its process, from 1 */
        uint32_t sequence; /* counts the frames of this thread, from 0 */
        uint64_t time_ns;  /* CLOCK_MONOTONIC when the frame was begun */
};

/* How a block was asked for. */
enum wire_alloc_kind {
        WIRE_MALLOC,
        WIRE_CALLOC,
        WIRE_REALLOC, /* a realloc of NULL, or one that moved: a FREE of the old block stands before it */
        WIRE_ALIGNED, /* memalign, posix_memalign, aligned_alloc, valloc, pvalloc */
        WIRE_NEW,
        WIRE_NEW_ARRAY,
        WIRE_RESIZED, /* the second half of a realloc in place; its FREE has age WIRE_AGE_RESIZED */
        WIRE_ALLOC_KINDS,
};

/* How long a block lived when it is freed. */
enum wire_age {
        WIRE_AGE_TEMPORARY, /* freed by its own thread before that thread's next allocation */
        WIRE_AGE_1MS,       /* at most 1 ms, or the resolution of the birth clock when that is coarser */
        WIRE_AGE_10MS,
        WIRE_AGE_100MS,
        WIRE_AGE_1S,
        WIRE_AGE_10S,
        WIRE_AGE_100S,
        WIRE_AGE_OLDER,
        WIRE_AGE_INHERITED = 14, /* born in the parent process before fork: no business of this stream's sites */
        WIRE_AGE_RESIZED = 15,   /* the first half of a realloc in place */
        WIRE_AGES = 16,
};

/* First byte of an event. Below WIRE_HOT: a kind, then a varint length, then that many bytes. */
enum wire_kind {
        WIRE_PROCESS = 1,
        WIRE_THREAD,
        WIRE_MODULE,
        WIRE_MODULE_GONE,
        WIRE_STACK,
        WIRE_CLASSES,
        WIRE_LOST,
        WIRE_POOL,
        WIRE_USAGE,
        WIRE_LIVE,
        WIRE_WALKED,
        WIRE_EXIT,
        WIRE_THREAD_END,
        WIRE_LIMITS = 20,
        WIRE_PURGED,
        WIRE_RESIDENT = 22,
        WIRE_SAMPLING = 24,
        WIRE_ERROR = 0x30,
        WIRE_GUARDED,
        WIRE_LEAK,
        WIRE_LEAK_SCAN,
        WIRE_LEAK_CHAIN,
        WIRE_SUPPRESSIONS,
        WIRE_HOT = 0x40,
        WIRE_TICK = 0x40,     /* varint: microseconds since the last TICK of the frame, or its begin */
        WIRE_ALLOC = 0x80,    /* | alloc kind, then one byte: slot */
        WIRE_ALLOC_AT = 0x90, /* | alloc kind, then varint zigzag(stack - stack of the last of these), varint size */
        WIRE_FREE = 0xa0,     /* | age, then one byte: slot */
        WIRE_FREE_AT = 0xb0,  /* | age, then the same; both fill the slot */
};

/* Why the process sent its last words. */
enum wire_exit {
        WIRE_EXIT_NORMAL = 1, /* exit, or return from main: destructors ran */
        WIRE_EXIT_QUICK,      /* _exit, _Exit or quick_exit */
        WIRE_EXIT_ERROR,      /* the program has misused a block, and that ends it: SIGABRT follows */
};

/* Where a (stack, size) pair lives in the table of a frame. The table is empty at the start of a frame. */
static inline uint8_t wire_slot(uint32_t stack, uint64_t size)
{
        return (uint8_t)((stack * UINT32_C(0x9E3779B1) ^ (uint32_t)size * UINT32_C(0x85EBCA77)) >> 24);
}

/* The same for a pc of a stack's definition. */
static inline unsigned wire_pc_slot(uint64_t pc)
{
        return (unsigned)(pc * UINT64_C(0x9E3779B97F4A7C15) >> 58);
}

/* Signed to unsigned, small to small, and back; of differences in 32 bits. */
static inline uint32_t wire_zigzag(uint32_t difference)
{
        return difference << 1 ^ (0 - (difference >> 31));
}

static inline uint32_t wire_unzigzag(uint32_t zigzag)
{
        return zigzag >> 1 ^ (0 - (zigzag & 1));
}

/* In a sample, an event says what it says of sizes in one number: usable bytes, and how many of them were not asked
 * for, at most WIRE_SLACK_MAX; so the reader knows the block's weight (weight.h). */
enum { WIRE_SLACK_BITS = 12, WIRE_SLACK_MAX = (1 << WIRE_SLACK_BITS) - 1 };

static inline uint64_t wire_sampled_size(uint64_t size, uint64_t usable)
{
        return usable << WIRE_SLACK_BITS | ((usable - size) & WIRE_SLACK_MAX);
}

struct wire_process {
        uint32_t pid;
        uint32_t parent_pid;
        uint32_t parent_process; /* stream number of the process this one was forked from; 0: none */
        uint64_t start_ns;       /* CLOCK_MONOTONIC */
        uint64_t memory_limit;   /* bytes: the smaller of RLIMIT_AS and RLIMIT_DATA; 0: none */
        uint64_t flags;          /* WIRE_PROCESS_* */
        const char *exe;         /* not terminated */
        size_t exe_bytes;
        const char *command; /* the arguments, each ended by NUL; not terminated */
        size_t command_bytes;
};

enum {
        WIRE_PROCESS_TRACED = 1,     /* 0: pools alone, no ALLOC and FREE will come */
        WIRE_PROCESS_OWN_MALLOC = 2, /* the program brings its own malloc: nothing is recorded */
        WIRE_PROCESS_LATE = 4,       /* blocks were allocated before recording began */
        WIRE_PROCESS_APART = 8,      /* its pids are those of another PID namespace than the reader's */
};

struct wire_thread {
        uint32_t tid;
        const char *name;
        size_t name_bytes;
};

struct wire_module {
        uint32_t generation; /* pcs of this module carry it; a later module at the same place has another */
        uint64_t start, end; /* of the mapping */
        uint64_t bias;       /* load address minus address in the file */
        const uint8_t *build_id;
        size_t build_id_bytes;
        const char *path;
        size_t path_bytes;
};

/* A pc is the address to look up (return address - 1, or the exact pc of a frame that a signal interrupted). Those of
 * programs are below 2^57, which leaves its encoding the bits it needs. */
struct wire_pc {
        uint64_t pc;
        uint32_t generation; /* of its module; 0: in no module (generated code) */
};

struct wire_stack {
        uint32_t id;       /* from 1; unique in the process that defines it and in those forked from it later */
        uint32_t ancestor; /* the stack that goes on outward behind the last frame; 0: none */
        uint32_t flags;    /* WIRE_STACK_* */
        size_t frame_count;
        struct wire_pc frame[WIRE_STACK_FRAMES_MAX]; /* innermost first */
};

enum {
        WIRE_STACK_TRUNCATED = 1, /* deeper than the recorder's limit: outer frames are missing */
        WIRE_STACK_BROKEN = 2,    /* no rule for the outermost frame: outer frames are missing */
        WIRE_STACK_FLAG_BITS = 2,
};

/* The block sizes of the pools, so that rounding can be charged: a request is served by the smallest that holds it,
 * a larger one by whole pages. */
struct wire_classes {
        uint64_t page_bytes;
        size_t class_count;
        uint64_t block_bytes[WIRE_CLASSES_MAX];
};

struct wire_pool {
        uint32_t size_class;  /* 0…: small, in order of block_bytes; then one for large runs, one for huge blocks */
        uint64_t block_bytes; /* 0 for large and huge */
        uint64_t slabs;       /* slabs, runs or mappings held */
        uint64_t slab_bytes;  /* held by them, used or not */
        uint64_t blocks_carved;
        uint64_t blocks_used; /* out in the program's hands */
        uint64_t bytes_used;  /* their usable bytes */
        uint64_t allocations;
        uint64_t refills; /* allocations that had to leave the fast path of the pools */
        uint64_t frees_remote;
        uint64_t slabs_created, slabs_destroyed;
        /* What lies in the slabs, by byte; resident bytes if there is a RESIDENT event. */
        uint64_t requested;
        uint64_t untouched; /* requested, but not resident */
        uint64_t rounding;
        uint64_t free;
        uint64_t pending;                      /* freed by other threads, and not taken in yet */
        uint64_t slabs_occupied[WIRE_DECILES]; /* by how many of their blocks are in use; the last: 90 to 100 % */
};

/* What the kernel counted as resident of the process at the moment at which the pools took stock. */
struct wire_resident {
        uint64_t rss;
        uint64_t retained; /* of the pools, in no slab: kept for later */
        uint64_t purged;   /* the same, but not resident */
        uint64_t metadata, side;
        uint64_t recorder;  /* tables, memos, records of threads */
        uint64_t shared;    /* with the analyzer */
        uint64_t library;   /* the mappings of libheaptap.so itself */
        uint64_t files;     /* the program's: its binary, libraries and other files */
        uint64_t stack;     /* of the main thread */
        uint64_t anonymous; /* what else the program has mapped, stacks of threads included */
};

struct wire_usage {
        uint64_t mapped_bytes;   /* all that the pools mapped */
        uint64_t free_bytes;     /* slices that belong to no slab */
        uint64_t purged_bytes;   /* of those, given back to the kernel */
        uint64_t metadata_bytes; /* headers of segments and heaps */
        uint64_t side_bytes;     /* side records */
        uint64_t recorder_bytes; /* stacks, rules, memos, frames */
        uint64_t frees_foreign;  /* bad frees, counted and ignored */
        uint64_t frees_interior;
        uint64_t frees_double;
        uint64_t resizes_in_place; /* of blocks, without a copy; a remapped huge block has moved */
        uint64_t resizes_moved;
        uint64_t stacks;           /* distinct ones */
        uint64_t stacks_truncated; /* captures */
        uint64_t stacks_broken;    /* captures that ended at a frame without a rule */
        uint64_t stacks_checked;   /* captures compared with libunwind's */
        uint64_t stacks_differ;    /* of those, not the same */
};

struct wire_live {
        uint32_t stack;
        uint64_t blocks, bytes, usable_bytes;
        uint64_t pinned_bytes;   /* empty bytes of sparse slabs that are charged to these blocks */
        uint64_t pinning_blocks; /* of the blocks, those that lie in sparse slabs */
        uint64_t pinned_slabs;   /* sparse slabs that they lie in; others may lie there too */
};

/* Where the empty bytes of small slabs are. */
struct wire_empty {
        uint64_t sparse_slabs;
        uint64_t pinned_bytes;   /* in sparse slabs */
        uint64_t filling_bytes;  /* in slabs that would be sparse if threads did not allocate from them next */
        uint64_t dense_bytes;    /* in slabs that are at least half full */
        uint64_t unpinned_bytes; /* in slabs without a block that has a record */
};

/* How much free memory the pools keep from now on, and why. */
struct wire_limits {
        uint32_t number;  /* counts the changes of a process; 0: what was configured */
        uint32_t why;     /* enum wire_limits_why */
        uint32_t source;  /* enum wire_pressure: whose pressure it was */
        uint32_t stalled; /* how long some task waited for memory in the last 10 s, in 1/100 % */
        uint64_t time_ns;
        uint64_t retain_bytes;   /* of free memory that may stay for good */
        uint64_t most_bytes;     /* of it that may stay at all */
        uint64_t decay_ms;       /* how long what is between the two may stay */
        uint64_t used_bytes;     /* of the limit of the source */
        uint64_t limit_bytes;    /* 0: not known */
        uint64_t retained_bytes; /* what the pools kept just then */
};

enum wire_limits_why {
        WIRE_LIMITS_CONFIGURED,
        WIRE_LIMITS_SQUEEZED, /* halved */
        WIRE_LIMITS_EMPTIED,  /* nothing may stay */
        WIRE_LIMITS_RELAXED,  /* doubled: there is room, and what was purged is needed again at once */
        WIRE_LIMITS_RETURNED, /* one step nearer to what was configured */
        WIRE_LIMITS_RESTORED, /* at once, because the program asked */
        WIRE_LIMITS_WHYS,
};

enum wire_pressure {
        WIRE_PRESSURE_NONE,
        WIRE_PRESSURE_CGROUP,
        WIRE_PRESSURE_STALL, /* time that tasks waited for memory */
        WIRE_PRESSURE_ADDRESS_SPACE,
        WIRE_PRESSURE_DATA,
        WIRE_PRESSURE_MACHINE,
        WIRE_PRESSURES,
};

/* Free memory went back to the kernel: all purges of one reason since that was last told. */
struct wire_purged {
        uint32_t number; /* of the limits that held */
        uint32_t why;    /* enum wire_purge */
        uint64_t time_ns;
        uint64_t purges, bytes, ns;
        uint64_t refaulted_bytes; /* in use again within a second; of purges told earlier, too */
};

enum wire_purge {
        WIRE_PURGE_OTHER,
        WIRE_PURGE_DECAY,     /* had been free for long enough */
        WIRE_PURGE_EXCESS,    /* more than may stay */
        WIRE_PURGE_PRESSURE,  /* the governor emptied the pools */
        WIRE_PURGE_TRIM,      /* malloc_trim */
        WIRE_PURGE_EXHAUSTED, /* there was no address space */
        WIRE_PURGES,
};

/* The program has misused a block or its neighbourhood. Sent each time. */
struct wire_error {
        uint32_t kind;        /* enum wire_error_kind */
        uint32_t call;        /* enum wire_call: what found it */
        uint32_t place;       /* enum wire_place: of the address, when no block is known */
        uint32_t alloc_kind;  /* 0: no block is known, else enum wire_alloc_kind + 1 */
        uint32_t stack;       /* where it was found; of a write after the free: where the block was freed */
        uint32_t alloc_stack; /* where the block was allocated; 0: not known */
        uint32_t free_stack;  /* where it was freed first; 0: not known */
        uint32_t flags;       /* WIRE_ERROR_* */
        uint64_t address;     /* that the call was given, or the block's start */
        uint64_t offset;      /* INTERIOR: of the address in the block; OVERFLOW and WRITE: of the first changed byte */
        uint64_t size;        /* that was asked for when the block was allocated */
        uint64_t said;        /* SIZE, ALIGNMENT: what the call said; OVERFLOW and WRITE: how many bytes have changed */
};

enum wire_error_kind {
        WIRE_ERROR_FOREIGN = 1, /* no block lies there */
        WIRE_ERROR_INTERIOR,    /* inside a block, not its start */
        WIRE_ERROR_DOUBLE,      /* the block was free already */
        WIRE_ERROR_SIZE,        /* the size given with the free is not the block's */
        WIRE_ERROR_ALIGNMENT,   /* the block has not the alignment given with the free */
        WIRE_ERROR_ARRAY,       /* new and delete[], or new[] and delete */
        WIRE_ERROR_LINK,        /* a free list led out of its slab: written to after the free */
        WIRE_ERROR_OVERFLOW,    /* written to behind its end */
        WIRE_ERROR_WRITE,       /* written to after the free */
        WIRE_ERROR_KINDS,
};

enum wire_call {
        WIRE_CALL_FREE,
        WIRE_CALL_REALLOC,
        WIRE_CALL_DELETE,
        WIRE_CALL_DELETE_ARRAY,
        WIRE_CALL_NONE, /* found by the recorder itself */
        WIRE_CALLS,
};

enum wire_place {
        WIRE_PLACE_OTHER, /* a module knows, or nobody */
        WIRE_PLACE_STACK, /* of the thread that made the call */
        WIRE_PLACE_POOLS, /* memory of the pools in which no block was ever made */
        WIRE_PLACES,
};

enum { WIRE_ERROR_FREED = 1 /* INTERIOR: the block was free already */ };

/* A block with pages of its own, see preload/check/guard.h. A program that touches what it must not touch there dies
 * without last words. */
struct wire_guarded {
        uint32_t slot;
        uint32_t number; /* the later of two events of one slot has the higher; odd: the block was freed */
        uint32_t alloc_stack;
        uint32_t free_stack; /* 0: not freed, or not known */
        uint64_t address, size;
};

/* The end of a walk of the live heap; its LIVE events stand before it in frames of the same thread. */
struct wire_walked {
        uint64_t blocks, bytes;                     /* of this process's own blocks */
        uint64_t inherited_blocks, inherited_bytes; /* born before the fork */
        uint64_t untraced_blocks;                   /* born before recording began: they have no record */
        uint64_t threads;                           /* threads that had not ended, the walker included */
        struct wire_empty empty;
};

/* What a scan for leaks found of the live blocks, as memcheck names it. */
enum wire_leak_class {
        WIRE_LEAK_REACHABLE,
        WIRE_LEAK_POSSIBLE, /* only pointers into the block were found, none to its start */
        WIRE_LEAK_INDIRECT, /* only lost blocks point to it */
        WIRE_LEAK_DEFINITE, /* nothing points to it, or only blocks of the cycle it is in */
        WIRE_LEAK_CLASSES,
};

/* One row for each (class, stack, root) of a scan. */
struct wire_leak {
        uint32_t scan;  /* its number */
        uint32_t class; /* enum wire_leak_class */
        uint32_t stack; /* that the blocks were allocated from */
        uint32_t root;  /* INDIRECT: stack of the lost block that they are charged to; else 0 */
        uint32_t flags; /* WIRE_LEAK_CYCLE… */
        uint64_t blocks, bytes, usable;
        uint64_t first_ns, last_ns; /* earliest and latest birth, since the process's start */
};

enum {
        WIRE_LEAK_CYCLE = 1,     /* of the blocks, at least one is a member of its root's cycle */
        WIRE_LEAK_UNSURE = 2,    /* a thread did not answer, so its registers are not known: POSSIBLE, else DEFINITE */
        WIRE_LEAK_HEURISTIC = 4, /* REACHABLE only by pointers into the blocks that a C++ object or array explains */
};

/* The end of a scan for leaks; its LEAK and LEAK_CHAIN events stand before it in frames of the same thread. Without it
 * they are void. */
struct wire_leak_scan {
        uint32_t number; /* of the scan, from 1 in each process */
        uint32_t why;    /* enum wire_scan_why */
        uint32_t flags;  /* WIRE_SCAN_IN_PLACE… */
        uint32_t threads;
        uint32_t threads_silent; /* of those, did not answer */
        uint64_t time_ns;        /* CLOCK_MONOTONIC when the threads stood still */
        uint64_t pause_ns;       /* for which they did */
        uint64_t scan_ns;
        uint64_t root_bytes; /* read outside of the heap */
        uint64_t heap_bytes; /* read of the heap's blocks */
        uint64_t blocks[WIRE_LEAK_CLASSES], bytes[WIRE_LEAK_CLASSES];
};

enum wire_scan_why {
        WIRE_SCAN_EXIT,
        WIRE_SCAN_REQUEST,
        WIRE_SCAN_PERIODIC,
        WIRE_SCAN_WHYS,
};

enum {
        WIRE_SCAN_IN_PLACE = 1,   /* nothing else ran: no child process was made */
        WIRE_SCAN_INCOMPLETE = 2, /* there was no memory for it, or it took too long: nothing is called lost */
        WIRE_SCAN_PTRACE = 4,
        WIRE_SCAN_RUNNING = 8, /* the threads could not be stopped */
};

/* Who points at a block: from a root over other blocks. */
enum wire_link_kind {
        WIRE_LINK_DATA,     /* value: address in the data of a module */
        WIRE_LINK_STACK,    /* stack: tid; value: address */
        WIRE_LINK_REGISTER, /* stack: tid */
        WIRE_LINK_TLS,      /* stack: tid; value: address */
        WIRE_LINK_MAPPING,  /* value: address in a mapping of the program's own */
        WIRE_LINK_BLOCK,    /* stack: of the block; value: its size */
        WIRE_LINK_CUT,      /* links were left out here */
        WIRE_LINK_KINDS,
};

struct wire_link {
        uint32_t kind; /* enum wire_link_kind */
        uint32_t stack;
        uint64_t value;
        uint64_t offset; /* BLOCK: where in it the pointer to the next one lies */
};

struct wire_leak_chain {
        uint32_t scan;
        uint32_t stack; /* of the last link, a block */
        uint32_t count;
        struct wire_link link[WIRE_LINKS_MAX]; /* root first */
};

/* A piece of what __lsan_default_suppressions() of the program says; all of a process's pieces make the text. */
struct wire_suppressions {
        const char *text; /* not terminated */
        size_t text_bytes;
};

struct wire_exit_event {
        uint32_t how; /* enum wire_exit */
        uint64_t time_ns;
        uint64_t allocations, frees, resizes; /* the recorder's own count, to be compared with the events */
        uint64_t requested_bytes;
};

#endif
