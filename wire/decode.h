/* Reads the events of one frame. Trusts nothing: every length, count and kind is checked, and nothing outside the
 * frame is read whatever its bytes say. Frames are independent of each other. */
#ifndef WIRE_DECODE_H
#define WIRE_DECODE_H

#include "wire/wire.h"

enum decode_status {
        DECODE_OK,      /* an event was read, or the header is good */
        DECODE_END,     /* no more events */
        DECODE_CORRUPT, /* the bytes are no frame; the rest of it must be skipped */
        DECODE_SHORT,   /* header only: more bytes are needed */
        DECODE_VERSION, /* header only: written by another version of the format */
};

struct wire_event {
        enum wire_kind kind; /* WIRE_ALLOC and WIRE_FREE stand for their _AT forms too */
        union {
                struct {
                        uint32_t stack;
                        uint64_t size;
                        enum wire_alloc_kind kind; /* of an ALLOC */
                        enum wire_age age;         /* of a FREE */
                } block;
                uint64_t tick_us; /* since the last TICK or the begin of the frame */
                uint64_t sample_rate;
                struct wire_process process; /* strings point into the frame */
                struct wire_thread thread;
                struct wire_module module;
                struct {
                        uint32_t generation;
                        uint64_t start;
                } module_gone;
                struct wire_stack stack;
                struct wire_classes classes;
                struct {
                        uint64_t events, frames;
                } lost;
                struct wire_pool pool;
                struct wire_usage usage;
                struct wire_resident resident;
                struct wire_live live;
                struct wire_walked walked;
                struct wire_limits limits;
                struct wire_purged purged;
                struct wire_exit_event exit;
                struct wire_error error;
                struct wire_guarded guarded;
                struct wire_leak leak;
                struct wire_leak_scan leak_scan;
                struct wire_leak_chain leak_chain;
                struct wire_suppressions suppressions; /* points into the frame */
        };
};

enum {
        DECODE_PAIRS_MAX = (WIRE_FRAME_BYTES_MAX - WIRE_HEADER_BYTES) / 3, /* bytes of the shortest that defines one */
        DECODE_BLOCKS_MAX = (WIRE_FRAME_BYTES_MAX - WIRE_HEADER_BYTES) / 2,
        DECODE_FREE = 0x10,
        DECODE_CODES = 0x20,
};

/* What was named in full, in order. */
struct decode_pair {
        uint64_t size;
        uint32_t stack;
};

/* An ALLOC or a FREE, as an index for tables: the pair's index above 5 bits of code, which are enum wire_alloc_kind or
 * DECODE_FREE | enum wire_age. */
typedef uint32_t decode_block;
enum { DECODE_CODE_BITS = 5 };

static inline size_t decode_block_pair(decode_block block)
{
        return block >> DECODE_CODE_BITS;
}

static inline unsigned decode_block_code(decode_block block)
{
        return block & (DECODE_CODES - 1);
}

#define DECODE_NO_PAIR (UINT32_C(1) << 31)

struct decode {
        const uint8_t *at, *end;
        uint32_t stack; /* of the last event that named one in full */
        size_t pair_count;
        bool inherited; /* there was a FREE of that age */
        struct decode_pair pair[DECODE_PAIRS_MAX];
        decode_block slot[WIRE_SLOTS]; /* of the pair that is there, with code 0, or DECODE_NO_PAIR */
        uint32_t stack_defined;        /* by the last STACK */
        uint64_t pc_used;              /* a bit for each slot */
        struct wire_pc pc[WIRE_PC_SLOTS];
        uint64_t events_skipped; /* of kinds that this version does not know */
};

/* Reads a header from the front of `bytes`. DECODE_OK: ret_header->bytes says how long the whole frame is, which may
 * be more than is there. DECODE_VERSION: ret_header is filled too. */
enum decode_status decode_header(const uint8_t *bytes, size_t byte_count, struct wire_header *ret_header);

/* `frame` is a whole frame of byte_count bytes, header included; it must outlive the decoder. */
void decode_frame(struct decode *decode, const uint8_t *frame, size_t byte_count);

/* The next event. ret_event is written only on DECODE_OK and valid until the next call. */
enum decode_status decode_next(struct decode *decode, struct wire_event *ret_event);

/* The same for all ALLOC and FREE up to the next event of another kind, at most DECODE_BLOCKS_MAX, which may be none.
 * Also when the frame ends there or is found corrupt, ret_block holds what came before; decode_next goes on. */
enum decode_status decode_blocks(struct decode *decode, decode_block *ret_block, size_t *ret_count);

#endif
