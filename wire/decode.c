/* The reader of frames. A cursor that fails stays failed, so a payload is read straight down and looked at once. */
#include "wire/decode.h"

#include <string.h>

struct cursor {
        const uint8_t *at, *end;
        bool failed;
};

static uint64_t get_varint(struct cursor *cursor)
{
        uint64_t value = 0;

        for (unsigned shift = 0; shift < 64; shift += 7) {
                if (cursor->at == cursor->end)
                        break;
                uint8_t byte = *cursor->at++;

                if (shift == 63 && byte > 1)
                        break;
                value |= (uint64_t)(byte & 0x7f) << shift;
                if (!(byte & 0x80))
                        return value;
        }
        cursor->failed = true;
        return 0;
}

static uint32_t get_varint_32(struct cursor *cursor)
{
        uint64_t value = get_varint(cursor);

        if (value > UINT32_MAX)
                cursor->failed = true;
        return (uint32_t)value;
}

static const void *get_bytes(struct cursor *cursor, size_t count_max, size_t *ret_count)
{
        uint64_t count = get_varint(cursor);
        const void *bytes = cursor->at;

        if (count > count_max || count > (size_t)(cursor->end - cursor->at)) {
                cursor->failed = true;
                count = 0;
        }
        cursor->at += count;
        *ret_count = (size_t)count;
        return bytes;
}

static void get_varints(struct cursor *cursor, uint64_t *const *value, size_t count)
{
        for (size_t i = 0; i < count; i++)
                *value[i] = get_varint(cursor);
}

#define GET(cursor, ...)                                                                                               \
        get_varints((cursor), (uint64_t *const[]){__VA_ARGS__},                                                        \
                    sizeof((uint64_t *const[]){__VA_ARGS__}) / sizeof(uint64_t *))

static uint32_t get_32(const uint8_t *at)
{
        return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

enum decode_status decode_header(const uint8_t *bytes, size_t byte_count, struct wire_header *ret_header)
{
        struct wire_header header;

        if (byte_count < WIRE_HEADER_BYTES)
                return DECODE_SHORT;
        header.bytes = (uint16_t)(bytes[0] | bytes[1] << 8);
        header.version = bytes[2];
        header.flags = bytes[3];
        header.process = get_32(bytes + 4);
        header.thread = get_32(bytes + 8);
        header.sequence = get_32(bytes + 12);
        header.time_ns = get_32(bytes + 16) | (uint64_t)get_32(bytes + 20) << 32;
        if (header.bytes < WIRE_HEADER_BYTES || header.bytes > WIRE_FRAME_BYTES_MAX)
                return DECODE_CORRUPT;
        *ret_header = header;
        return header.version == WIRE_VERSION ? DECODE_OK : DECODE_VERSION;
}

void decode_frame(struct decode *decode, const uint8_t *frame, size_t byte_count)
{
        decode->at = frame + WIRE_HEADER_BYTES;
        decode->end = frame + (byte_count < WIRE_FRAME_BYTES_MAX ? byte_count : WIRE_FRAME_BYTES_MAX);
        decode->stack = decode->stack_defined = 0;
        decode->pc_used = 0;
        decode->events_skipped = 0;
        decode->pair_count = 0;
        decode->inherited = false;
        memset(decode->slot, 0xff, sizeof decode->slot); /* with the bit of DECODE_NO_PAIR, and never read on */
}

static void get_process(struct cursor *cursor, struct wire_process *process)
{
        process->pid = get_varint_32(cursor);
        process->parent_pid = get_varint_32(cursor);
        process->parent_process = get_varint_32(cursor);
        process->start_ns = get_varint(cursor);
        process->memory_limit = get_varint(cursor);
        process->flags = get_varint(cursor);
        process->exe = get_bytes(cursor, WIRE_STRING_BYTES_MAX, &process->exe_bytes);
        process->command = get_bytes(cursor, WIRE_STRING_BYTES_MAX, &process->command_bytes);
}

static void get_module(struct cursor *cursor, struct wire_module *module)
{
        module->generation = get_varint_32(cursor);
        module->start = get_varint(cursor);
        module->end = get_varint(cursor);
        module->bias = get_varint(cursor);
        module->build_id = get_bytes(cursor, WIRE_BUILD_ID_BYTES_MAX, &module->build_id_bytes);
        module->path = get_bytes(cursor, WIRE_STRING_BYTES_MAX, &module->path_bytes);
}

static void get_pc(struct decode *decode, struct cursor *cursor, struct wire_pc *pc, const struct wire_pc *before)
{
        uint64_t word = get_varint(cursor), zigzag = word >> 2, slot = word >> 1;

        if (word & 1) {
                if (slot >= WIRE_PC_SLOTS || !(decode->pc_used >> slot & 1)) {
                        cursor->failed = true;
                        slot = 0;
                }
                *pc = decode->pc[slot];
                return;
        }
        pc->pc = before->pc + ((zigzag >> 1) ^ (0 - (zigzag & 1)));
        pc->generation = word & 2 ? get_varint_32(cursor) : before->generation;
        slot = wire_pc_slot(pc->pc);
        decode->pc[slot] = *pc;
        decode->pc_used |= UINT64_C(1) << slot;
}

static void get_stack(struct decode *decode, struct cursor *cursor, struct wire_stack *stack)
{
        static const struct wire_pc none;

        stack->id = decode->stack_defined + wire_unzigzag(get_varint_32(cursor));
        decode->stack_defined = stack->id;
        stack->ancestor = stack->id - wire_unzigzag(get_varint_32(cursor));
        if (stack->ancestor == stack->id)
                stack->ancestor = 0;
        uint64_t word = get_varint(cursor), count = word >> WIRE_STACK_FLAG_BITS;

        stack->flags = word & ((1 << WIRE_STACK_FLAG_BITS) - 1);
        if (count > WIRE_STACK_FRAMES_MAX || stack->id == 0) {
                cursor->failed = true;
                count = 0;
        }
        stack->frame_count = (size_t)count;
        for (size_t i = 0; i < count && !cursor->failed; i++)
                get_pc(decode, cursor, &stack->frame[i], i ? &stack->frame[i - 1] : &none);
}

static void get_classes(struct cursor *cursor, struct wire_classes *classes)
{
        classes->page_bytes = get_varint(cursor);
        uint64_t count = get_varint(cursor);

        if (count > WIRE_CLASSES_MAX) {
                cursor->failed = true;
                count = 0;
        }
        classes->class_count = (size_t)count;
        for (size_t i = 0; i < count; i++)
                classes->block_bytes[i] = get_varint(cursor);
}

/* Zeros at the end are left out. */
static void get_pool(struct cursor *cursor, struct wire_pool *pool)
{
        uint64_t *const word[] = {&pool->block_bytes,   &pool->slabs,           &pool->slab_bytes,
                                  &pool->blocks_carved, &pool->blocks_used,     &pool->bytes_used,
                                  &pool->allocations,   &pool->refills,         &pool->frees_remote,
                                  &pool->slabs_created, &pool->slabs_destroyed, &pool->requested,
                                  &pool->untouched,     &pool->rounding,        &pool->free,
                                  &pool->pending};
        enum { WORDS = sizeof word / sizeof *word };

        pool->size_class = get_varint_32(cursor);
        for (size_t i = 0; i < WORDS + WIRE_DECILES; i++)
                *(i < WORDS ? word[i] : &pool->slabs_occupied[i - WORDS]) =
                        cursor->at < cursor->end ? get_varint(cursor) : 0;
}

static void get_resident(struct cursor *cursor, struct wire_resident *resident)
{
        GET(cursor, &resident->rss, &resident->retained, &resident->purged, &resident->metadata, &resident->side,
            &resident->recorder, &resident->shared, &resident->library, &resident->files, &resident->stack,
            &resident->anonymous);
}

static void get_usage(struct cursor *cursor, struct wire_usage *usage)
{
        GET(cursor, &usage->mapped_bytes, &usage->free_bytes, &usage->purged_bytes, &usage->metadata_bytes,
            &usage->side_bytes, &usage->recorder_bytes, &usage->frees_foreign, &usage->frees_interior,
            &usage->frees_double, &usage->resizes_in_place, &usage->resizes_moved, &usage->stacks,
            &usage->stacks_truncated, &usage->stacks_broken, &usage->stacks_checked, &usage->stacks_differ);
}

static void get_exit(struct cursor *cursor, struct wire_exit_event *exit)
{
        exit->how = get_varint_32(cursor);
        GET(cursor, &exit->time_ns, &exit->allocations, &exit->frees, &exit->resizes, &exit->requested_bytes);
}

static void get_live(struct cursor *cursor, struct wire_live *live)
{
        live->stack = get_varint_32(cursor);
        GET(cursor, &live->blocks, &live->bytes, &live->usable_bytes, &live->pinned_bytes, &live->pinning_blocks,
            &live->pinned_slabs);
}

static void get_limits(struct cursor *cursor, struct wire_limits *limits)
{
        limits->number = get_varint_32(cursor);
        limits->why = get_varint_32(cursor);
        limits->source = get_varint_32(cursor);
        limits->stalled = get_varint_32(cursor);
        GET(cursor, &limits->time_ns, &limits->retain_bytes, &limits->most_bytes, &limits->decay_ms,
            &limits->used_bytes, &limits->limit_bytes, &limits->retained_bytes);
}

static void get_purged(struct cursor *cursor, struct wire_purged *purged)
{
        purged->number = get_varint_32(cursor);
        purged->why = get_varint_32(cursor);
        GET(cursor, &purged->time_ns, &purged->purges, &purged->bytes, &purged->ns, &purged->refaulted_bytes);
}

static void get_walked(struct cursor *cursor, struct wire_walked *walked)
{
        GET(cursor, &walked->blocks, &walked->bytes, &walked->inherited_blocks, &walked->inherited_bytes,
            &walked->untraced_blocks, &walked->threads, &walked->empty.sparse_slabs, &walked->empty.pinned_bytes,
            &walked->empty.filling_bytes, &walked->empty.dense_bytes, &walked->empty.unpinned_bytes);
}

/* Kinds, calls and places that this version does not know are the reader's business. */
static void get_error(struct cursor *cursor, struct wire_error *error)
{
        uint32_t *const word[] = {&error->kind,  &error->call,        &error->place,      &error->alloc_kind,
                                  &error->stack, &error->alloc_stack, &error->free_stack, &error->flags};

        for (size_t i = 0; i < sizeof word / sizeof *word; i++)
                *word[i] = get_varint_32(cursor);
        GET(cursor, &error->address, &error->offset, &error->size, &error->said);
}

static void get_guarded(struct cursor *cursor, struct wire_guarded *guarded)
{
        guarded->slot = get_varint_32(cursor);
        guarded->number = get_varint_32(cursor);
        guarded->alloc_stack = get_varint_32(cursor);
        guarded->free_stack = get_varint_32(cursor);
        GET(cursor, &guarded->address, &guarded->size);
}

static void get_leak(struct cursor *cursor, struct wire_leak *leak)
{
        leak->scan = get_varint_32(cursor);
        leak->class = get_varint_32(cursor);
        leak->stack = get_varint_32(cursor);
        leak->root = get_varint_32(cursor);
        leak->flags = get_varint_32(cursor);
        GET(cursor, &leak->blocks, &leak->bytes, &leak->usable, &leak->first_ns, &leak->last_ns);
}

static void get_leak_scan(struct cursor *cursor, struct wire_leak_scan *scan)
{
        scan->number = get_varint_32(cursor);
        scan->why = get_varint_32(cursor);
        scan->flags = get_varint_32(cursor);
        scan->threads = get_varint_32(cursor);
        scan->threads_silent = get_varint_32(cursor);
        GET(cursor, &scan->time_ns, &scan->pause_ns, &scan->scan_ns, &scan->root_bytes, &scan->heap_bytes);
        for (int i = 0; i < WIRE_LEAK_CLASSES; i++)
                scan->blocks[i] = get_varint(cursor);
        for (int i = 0; i < WIRE_LEAK_CLASSES; i++)
                scan->bytes[i] = get_varint(cursor);
}

static void get_leak_chain(struct cursor *cursor, struct wire_leak_chain *chain)
{
        chain->scan = get_varint_32(cursor);
        chain->stack = get_varint_32(cursor);
        chain->count = get_varint_32(cursor);
        if (chain->count > WIRE_LINKS_MAX) {
                cursor->failed = true;
                chain->count = 0;
        }
        for (struct wire_link *link = chain->link; link < chain->link + chain->count; link++) {
                link->kind = get_varint_32(cursor);
                link->stack = get_varint_32(cursor);
                GET(cursor, &link->value, &link->offset);
        }
}

static void get_suppressions(struct cursor *cursor, struct wire_suppressions *suppressions)
{
        suppressions->text = get_bytes(cursor, WIRE_STRING_BYTES_MAX, &suppressions->text_bytes);
}

/* What checks and scans have found. False: it is nothing of the kind, as below. */
static bool get_found(struct cursor *cursor, struct wire_event *event)
{
        switch (event->kind) {
        case WIRE_GUARDED:
                get_guarded(cursor, &event->guarded);
                return true;
        case WIRE_ERROR:
                get_error(cursor, &event->error);
                return true;
        case WIRE_LEAK:
                get_leak(cursor, &event->leak);
                return true;
        case WIRE_LEAK_SCAN:
                get_leak_scan(cursor, &event->leak_scan);
                return true;
        case WIRE_LEAK_CHAIN:
                get_leak_chain(cursor, &event->leak_chain);
                return true;
        case WIRE_SUPPRESSIONS:
                get_suppressions(cursor, &event->suppressions);
                return true;
        default:
                return false;
        }
}

/* The pools and the heap as they are, and the end. */
static bool get_state(struct cursor *cursor, struct wire_event *event)
{
        switch (event->kind) {
        case WIRE_POOL:
                get_pool(cursor, &event->pool);
                return true;
        case WIRE_USAGE:
                get_usage(cursor, &event->usage);
                return true;
        case WIRE_RESIDENT:
                get_resident(cursor, &event->resident);
                return true;
        case WIRE_LIVE:
                get_live(cursor, &event->live);
                return true;
        case WIRE_WALKED:
                get_walked(cursor, &event->walked);
                return true;
        case WIRE_LIMITS:
                get_limits(cursor, &event->limits);
                return true;
        case WIRE_PURGED:
                get_purged(cursor, &event->purged);
                return true;
        case WIRE_EXIT:
                get_exit(cursor, &event->exit);
                return true;
        default:
                return get_found(cursor, event);
        }
}

/* False: a kind that this version does not know. */
static bool get_cold(struct decode *decode, struct cursor *cursor, struct wire_event *event)
{
        switch (event->kind) {
        case WIRE_PROCESS:
                get_process(cursor, &event->process);
                return true;
        case WIRE_THREAD:
                event->thread.tid = get_varint_32(cursor);
                event->thread.name = get_bytes(cursor, WIRE_STRING_BYTES_MAX, &event->thread.name_bytes);
                return true;
        case WIRE_THREAD_END:
                return true;
        case WIRE_MODULE:
                get_module(cursor, &event->module);
                return true;
        case WIRE_MODULE_GONE:
                event->module_gone.generation = get_varint_32(cursor);
                event->module_gone.start = get_varint(cursor);
                return true;
        case WIRE_STACK:
                get_stack(decode, cursor, &event->stack);
                return true;
        case WIRE_CLASSES:
                get_classes(cursor, &event->classes);
                return true;
        case WIRE_SAMPLING:
                GET(cursor, &event->sample_rate);
                return true;
        case WIRE_LOST:
                GET(cursor, &event->lost.events, &event->lost.frames);
                return true;
        default:
                return get_state(cursor, event);
        }
}

/* As get_varint, for the hot path: nearly all take a byte or two. False: there is none. */
static inline bool take_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
        struct cursor cursor = {*at, end, false};

        if (end - *at >= 2 && !(cursor.at[1] & cursor.at[0] & 0x80)) {
                uint64_t more = cursor.at[0] >> 7;

                *ret_value = (cursor.at[0] & 0x7f) | (uint64_t)(cursor.at[1] & (0 - more)) << 7;
                *at += 1 + more;
                return true;
        }
        *ret_value = get_varint(&cursor);
        *at = cursor.at;
        return !cursor.failed;
}

/* What the first byte of an ALLOC or FREE says: its code, and what is not the usual case, in bits that no decode_block
 * has, so that one look at both a slot and a first byte tells whether either is out of the ordinary. */
#define FIRST_AT        (UINT32_C(1) << 28)
#define FIRST_INHERITED (UINT32_C(1) << 29)
#define FIRST_OTHER     (UINT32_C(1) << 30)
#define FIRST_UNUSUAL   (FIRST_AT | FIRST_INHERITED | FIRST_OTHER)
_Static_assert((DECODE_NO_PAIR & FIRST_UNUSUAL) == 0 && (DECODE_PAIRS_MAX << DECODE_CODE_BITS) < 1 << 28, "own bits");

#define X4(what)     what, what, what, what
#define OTHERS(more) X4(X4(FIRST_OTHER | (more)))
#define KINDS(more)                                                                                                    \
        0 | (more), 1 | (more), 2 | (more), 3 | (more), 4 | (more), 5 | (more), 6 | (more), FIRST_OTHER,               \
                X4(FIRST_OTHER), X4(FIRST_OTHER)
#define AGES(more)                                                                                                     \
        16 | (more), 17 | (more), 18 | (more), 19 | (more), 20 | (more), 21 | (more), 22 | (more), 23 | (more),        \
                24 | (more), 25 | (more), 26 | (more), 27 | (more), 28 | (more), 29 | (more),                          \
                30 | FIRST_INHERITED | (more), 31 | (more)
static const uint32_t first_bytes[UINT8_MAX + 1] = {
        X4(OTHERS(0)), X4(OTHERS(0)),                            /* 0x00 */
        KINDS(0),      KINDS(FIRST_AT), AGES(0), AGES(FIRST_AT), /* 0x80 */
        X4(OTHERS(0)),                                           /* 0xc0 */
};
_Static_assert(WIRE_ALLOC == 0x80 && WIRE_ALLOC_AT == 0x90 && WIRE_FREE == 0xa0 && WIRE_FREE_AT == 0xb0, "as above");
_Static_assert(WIRE_RESIZED == 6 && WIRE_ALLOC_KINDS == 7, "as KINDS has it");
_Static_assert((DECODE_FREE | WIRE_AGE_INHERITED) == 30, "as AGES has it");

/* Behind its first byte. The pair is put into its slot. */
static inline bool take_pair(struct decode *decode, const uint8_t **at, decode_block *ret_pair)
{
        uint64_t zigzag, size;

        if (!take_varint(at, decode->end, &zigzag) || zigzag > UINT32_MAX || !take_varint(at, decode->end, &size) ||
            decode->pair_count == DECODE_PAIRS_MAX)
                return false;
        decode->stack += wire_unzigzag((uint32_t)zigzag);
        decode->pair[decode->pair_count] = (struct decode_pair){size, decode->stack};
        *ret_pair = (decode_block)decode->pair_count++ << DECODE_CODE_BITS;
        decode->slot[wire_slot(decode->stack, size)] = *ret_pair;
        return true;
}

/* `what` is that of the byte before in first_bytes. False: corrupt. */
static inline bool take_block(struct decode *decode, uint32_t what, const uint8_t **at, decode_block *ret_block)
{
        decode_block pair;

        if (__builtin_expect(what & FIRST_UNUSUAL, 0)) {
                if (what & FIRST_OTHER)
                        return false;
                decode->inherited |= (what & FIRST_INHERITED) != 0;
        }
        if (what & FIRST_AT) {
                if (!take_pair(decode, at, &pair))
                        return false;
        } else {
                if (*at == decode->end)
                        return false;
                pair = decode->slot[*(*at)++];
                if (pair & DECODE_NO_PAIR)
                        return false;
        }
        *ret_block = pair | (what & (DECODE_CODES - 1));
        return true;
}

static bool is_block(uint8_t first)
{
        return first >= WIRE_ALLOC && first < WIRE_FREE_AT + 0x10;
}

/* One block by its slot after the other, nothing unusual among them. Stops before what it cannot take. */
static inline decode_block *take_usual(const struct decode *decode, const uint8_t **at, decode_block *to)
{
        const uint8_t *from = *at, *end = decode->end;

        while (end - from >= 2) {
                const decode_block block = decode->slot[from[1]] | first_bytes[from[0]];

                if (block & (DECODE_NO_PAIR | FIRST_UNUSUAL))
                        break;
                *to++ = block;
                from += 2;
        }
        *at = from;
        return to;
}

enum decode_status decode_blocks(struct decode *decode, decode_block *ret_block, size_t *ret_count)
{
        const uint8_t *at = decode->at, *end = decode->end;
        decode_block *to = ret_block;
        enum decode_status status = DECODE_OK;

        for (;;) {
                to = take_usual(decode, &at, to);
                if (at == end || !is_block(*at))
                        break;
                const uint8_t first = *at++;

                if (!take_block(decode, first_bytes[first], &at, to)) {
                        status = DECODE_CORRUPT;
                        break;
                }
                to++;
        }
        decode->at = at;
        *ret_count = (size_t)(to - ret_block);
        return status == DECODE_OK && at == end ? DECODE_END : status;
}

static enum decode_status next_pair(struct decode *decode, uint8_t first, struct wire_event *event)
{
        decode_block block;
        unsigned code;

        if (!take_block(decode, first_bytes[first], &decode->at, &block))
                return DECODE_CORRUPT;
        code = decode_block_code(block);
        event->kind = code & DECODE_FREE ? WIRE_FREE : WIRE_ALLOC;
        event->block.stack = decode->pair[decode_block_pair(block)].stack;
        event->block.size = decode->pair[decode_block_pair(block)].size;
        event->block.kind = (enum wire_alloc_kind)(code & 0x0f);
        event->block.age = (enum wire_age)(code & 0x0f);
        return DECODE_OK;
}

enum decode_status decode_next(struct decode *decode, struct wire_event *ret_event)
{
        while (decode->at < decode->end) {
                uint8_t first = *decode->at++;
                struct cursor cursor = {decode->at, decode->end, false};

                if (is_block(first))
                        return next_pair(decode, first, ret_event);
                if (first == WIRE_TICK) {
                        ret_event->kind = WIRE_TICK;
                        ret_event->tick_us = get_varint(&cursor);
                        decode->at = cursor.at;
                        return cursor.failed ? DECODE_CORRUPT : DECODE_OK;
                }
                if (first == 0 || first >= WIRE_HOT)
                        return DECODE_CORRUPT;

                size_t byte_count;
                const uint8_t *payload = get_bytes(&cursor, WIRE_FRAME_BYTES_MAX, &byte_count);

                if (cursor.failed)
                        return DECODE_CORRUPT;
                decode->at = cursor.at;
                cursor = (struct cursor){payload, payload + byte_count, false};
                ret_event->kind = (enum wire_kind)first;
                if (get_cold(decode, &cursor, ret_event))
                        return cursor.failed ? DECODE_CORRUPT : DECODE_OK;
                decode->events_skipped++;
        }
        return DECODE_END;
}
