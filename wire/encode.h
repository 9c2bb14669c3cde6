/* Builds one frame in memory of the caller, event by event. No allocation, no system call: the hot path uses it.
 *
 * An encoder owns nothing. Every encode_… call needs room that the caller has checked with encode_room: a frame with
 * too little room left is to be sent and begun anew first. After each event the number of whole bytes is published
 * to `published` with release order, for a reader that salvages the frame after a crash. */
#ifndef WIRE_ENCODE_H
#define WIRE_ENCODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "wire/wire.h"

enum {
        ENCODE_HOT_BYTES_MAX = 16,    /* of an ALLOC, FREE or TICK */
        ENCODE_COLD_BYTES_MAX = 3456, /* of any other event */
};

struct encode_slot {
        uint64_t size;
        uint32_t stack;
        uint32_t stamp; /* the frame that filled it */
};

struct encode_pc_slot {
        struct wire_pc pc;
        uint32_t stamp;
};

struct encode {
        uint8_t *frame;              /* WIRE_FRAME_BYTES_MAX bytes */
        uint32_t bytes;              /* written so far, header included; 0: no frame begun */
        uint32_t stamp;              /* of the frame; differs from that of the frames before */
        uint32_t stack;              /* of the frame's last event that named one in full; 0: none did */
        bool cold;                   /* the frame holds definitions and the like, which come only once */
        _Atomic uint32_t *published; /* how many of them are whole */
        struct encode_slot slot[WIRE_SLOTS];
        uint32_t stack_defined; /* the last one in the frame; 0: none */
        struct encode_pc_slot pc_slot[WIRE_PC_SLOTS];
};

void encode_begin(struct encode *encode, const struct wire_header *header); /* header.bytes is ignored */
void encode_finish(struct encode *encode);                                  /* writes the length into the frame */

void encode_process(struct encode *encode, const struct wire_process *process);
void encode_sampling(struct encode *encode, uint64_t rate);
void encode_thread(struct encode *encode, const struct wire_thread *thread);
void encode_thread_end(struct encode *encode);
void encode_module(struct encode *encode, const struct wire_module *module);
void encode_module_gone(struct encode *encode, uint32_t generation, uint64_t start);
void encode_classes(struct encode *encode, const struct wire_classes *classes);
void encode_lost(struct encode *encode, uint64_t events, uint64_t frames);
void encode_pool(struct encode *encode, const struct wire_pool *pool);
void encode_usage(struct encode *encode, const struct wire_usage *usage);
void encode_resident(struct encode *encode, const struct wire_resident *resident);
void encode_live(struct encode *encode, const struct wire_live *live);
void encode_walked(struct encode *encode, const struct wire_walked *walked);
void encode_limits(struct encode *encode, const struct wire_limits *limits);
void encode_purged(struct encode *encode, const struct wire_purged *purged);
void encode_exit(struct encode *encode, const struct wire_exit_event *exit);
void encode_guarded(struct encode *encode, const struct wire_guarded *guarded);
void encode_error(struct encode *encode, const struct wire_error *error);
void encode_leak(struct encode *encode, const struct wire_leak *leak);
void encode_leak_scan(struct encode *encode, const struct wire_leak_scan *scan);
void encode_leak_chain(struct encode *encode, const struct wire_leak_chain *chain); /* count at most WIRE_LINKS_MAX */
void encode_suppressions(struct encode *encode, const char *text, size_t bytes);    /* at most WIRE_STRING_BYTES_MAX */

/* frame_count at most WIRE_STACK_FRAMES_MAX, which fits into ENCODE_COLD_BYTES_MAX. Frames innermost first. */
void encode_stack(struct encode *encode, uint32_t id, uint32_t ancestor, uint32_t flags, const struct wire_pc *frame,
                  size_t frame_count);

static inline uint32_t encode_room(const struct encode *encode)
{
        return WIRE_FRAME_BYTES_MAX - encode->bytes;
}

static inline uint8_t *encode_varint(uint8_t *at, uint64_t value)
{
        while (value >= 0x80) {
                *at++ = (uint8_t)(value | 0x80);
                value >>= 7;
        }
        *at++ = (uint8_t)value;
        return at;
}

static inline void encode_publish(struct encode *encode, const uint8_t *end)
{
        encode->bytes = (uint32_t)(end - encode->frame);
        /* Release: a reader that sees the count sees the bytes. */
        atomic_store_explicit(encode->published, encode->bytes, memory_order_release);
}

/* The rest of encode_pair: a pair that is not in its slot. */
void encode_pair_in_full(struct encode *encode, uint8_t hit, uint32_t stack, uint64_t size);

static inline void encode_pair(struct encode *encode, uint8_t hit, uint32_t stack, uint64_t size)
{
        uint8_t index = wire_slot(stack, size);
        const struct encode_slot *slot = &encode->slot[index];
        uint8_t *at = encode->frame + encode->bytes;

        if (slot->stack != stack || slot->size != size || slot->stamp != encode->stamp) {
                encode_pair_in_full(encode, hit, stack, size);
                return;
        }
        at[0] = hit;
        at[1] = index;
        encode_publish(encode, at + 2);
}

static inline void encode_alloc(struct encode *encode, enum wire_alloc_kind kind, uint32_t stack, uint64_t size)
{
        encode_pair(encode, (uint8_t)(WIRE_ALLOC | kind), stack, size);
}

static inline void encode_free(struct encode *encode, enum wire_age age, uint32_t stack, uint64_t size)
{
        encode_pair(encode, (uint8_t)(WIRE_FREE | age), stack, size);
}

static inline void encode_tick(struct encode *encode, uint64_t microseconds)
{
        uint8_t *at = encode->frame + encode->bytes;

        *at++ = WIRE_TICK;
        encode_publish(encode, encode_varint(at, microseconds));
}

#endif
