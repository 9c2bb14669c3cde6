/* The cold events of a frame, and the longer form of the hot ones; their usual form is inline in the header. */
#include "wire/encode.h"

static void put_16(uint8_t *at, uint16_t value)
{
        at[0] = (uint8_t)value;
        at[1] = (uint8_t)(value >> 8);
}

static void put_32(uint8_t *at, uint32_t value)
{
        put_16(at, (uint16_t)value);
        put_16(at + 2, (uint16_t)(value >> 16));
}

static void put_64(uint8_t *at, uint64_t value)
{
        put_32(at, (uint32_t)value);
        put_32(at + 4, (uint32_t)(value >> 32));
}

void encode_begin(struct encode *encode, const struct wire_header *header)
{
        uint8_t *frame = encode->frame;

        put_16(frame, 0);
        frame[2] = header->version;
        frame[3] = header->flags;
        put_32(frame + 4, header->process);
        put_32(frame + 8, header->thread);
        put_32(frame + 12, header->sequence);
        put_64(frame + 16, header->time_ns);
        encode->stamp++;
        encode->stack = encode->stack_defined = 0;
        encode->cold = false;
        encode_publish(encode, frame + WIRE_HEADER_BYTES);
}

void encode_finish(struct encode *encode)
{
        put_16(encode->frame, (uint16_t)encode->bytes);
}

void encode_pair_in_full(struct encode *encode, uint8_t hit, uint32_t stack, uint64_t size)
{
        struct encode_slot *slot = &encode->slot[wire_slot(stack, size)];
        uint8_t *at = encode->frame + encode->bytes;

        *slot = (struct encode_slot){.size = size, .stack = stack, .stamp = encode->stamp};
        *at++ = hit | 0x10; /* WIRE_ALLOC_AT, WIRE_FREE_AT */
        at = encode_varint(at, wire_zigzag(stack - encode->stack));
        encode->stack = stack;
        encode_publish(encode, encode_varint(at, size));
}

/* The length of a cold event takes two bytes always (a padded varint), so that it can be filled in afterwards. */
static uint8_t *cold_begin(struct encode *encode, enum wire_kind kind)
{
        uint8_t *at = encode->frame + encode->bytes;

        at[0] = (uint8_t)kind;
        return at + 3;
}

static void cold_end(struct encode *encode, uint8_t *end)
{
        uint8_t *begin = encode->frame + encode->bytes;
        size_t bytes = (size_t)(end - (begin + 3));

        begin[1] = (uint8_t)(bytes | 0x80);
        begin[2] = (uint8_t)(bytes >> 7);
        encode->cold |= begin[0] != WIRE_LOST; /* losses are told again */
        encode_publish(encode, end);
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t count, size_t count_max)
{
        const uint8_t *from = bytes;

        if (count > count_max)
                count = count_max;
        at = encode_varint(at, count);
        for (size_t i = 0; i < count; i++)
                *at++ = from[i];
        return at;
}

static uint8_t *put_varints(uint8_t *at, const uint64_t *value, size_t count)
{
        for (size_t i = 0; i < count; i++)
                at = encode_varint(at, value[i]);
        return at;
}

#define PUT(at, ...)                                                                                                   \
        put_varints((at), (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

void encode_process(struct encode *encode, const struct wire_process *process)
{
        uint8_t *at = cold_begin(encode, WIRE_PROCESS);

        at = PUT(at, process->pid, process->parent_pid, process->parent_process, process->start_ns,
                 process->memory_limit, process->flags);
        at = put_bytes(at, process->exe, process->exe_bytes, WIRE_STRING_BYTES_MAX);
        cold_end(encode, put_bytes(at, process->command, process->command_bytes, WIRE_STRING_BYTES_MAX));
}

void encode_thread(struct encode *encode, const struct wire_thread *thread)
{
        uint8_t *at = cold_begin(encode, WIRE_THREAD);

        at = PUT(at, thread->tid);
        cold_end(encode, put_bytes(at, thread->name, thread->name_bytes, WIRE_STRING_BYTES_MAX));
}

void encode_thread_end(struct encode *encode)
{
        cold_end(encode, cold_begin(encode, WIRE_THREAD_END));
}

void encode_module(struct encode *encode, const struct wire_module *module)
{
        uint8_t *at = cold_begin(encode, WIRE_MODULE);

        at = PUT(at, module->generation, module->start, module->end, module->bias);
        at = put_bytes(at, module->build_id, module->build_id_bytes, WIRE_BUILD_ID_BYTES_MAX);
        cold_end(encode, put_bytes(at, module->path, module->path_bytes, WIRE_STRING_BYTES_MAX));
}

void encode_module_gone(struct encode *encode, uint32_t generation, uint64_t start)
{
        uint8_t *at = cold_begin(encode, WIRE_MODULE_GONE);

        cold_end(encode, PUT(at, generation, start));
}

/* By its slot, if a stack of the frame had it before. */
static uint8_t *put_pc(struct encode *encode, uint8_t *at, const struct wire_pc *pc, const struct wire_pc *before)
{
        unsigned index = wire_pc_slot(pc->pc);
        struct encode_pc_slot *slot = &encode->pc_slot[index];

        if (slot->stamp == encode->stamp && slot->pc.pc == pc->pc && slot->pc.generation == pc->generation)
                return encode_varint(at, index << 1 | 1);
        *slot = (struct encode_pc_slot){*pc, encode->stamp};

        int64_t delta = (int64_t)(pc->pc - before->pc);
        uint64_t zigzag = ((uint64_t)delta << 1) ^ (uint64_t)(delta >> 63);
        bool changed = pc->generation != before->generation;

        at = encode_varint(at, zigzag << 2 | (unsigned)changed << 1);
        return changed ? encode_varint(at, pc->generation) : at;
}

void encode_stack(struct encode *encode, uint32_t id, uint32_t ancestor, uint32_t flags, const struct wire_pc *frame,
                  size_t frame_count)
{
        static const struct wire_pc none;
        uint8_t *at = cold_begin(encode, WIRE_STACK);

        at = PUT(at, wire_zigzag(id - encode->stack_defined), wire_zigzag(ancestor ? id - ancestor : 0),
                 frame_count << WIRE_STACK_FLAG_BITS | flags);
        encode->stack_defined = id;
        for (size_t i = 0; i < frame_count; i++)
                at = put_pc(encode, at, &frame[i], i ? &frame[i - 1] : &none);
        cold_end(encode, at);
}

void encode_classes(struct encode *encode, const struct wire_classes *classes)
{
        uint8_t *at = cold_begin(encode, WIRE_CLASSES);

        at = PUT(at, classes->page_bytes, classes->class_count);
        cold_end(encode, put_varints(at, classes->block_bytes, classes->class_count));
}

void encode_lost(struct encode *encode, uint64_t events, uint64_t frames)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_LOST), events, frames));
}

void encode_pool(struct encode *encode, const struct wire_pool *pool)
{
        uint8_t *at = cold_begin(encode, WIRE_POOL);

        at = PUT(at, pool->size_class, pool->block_bytes, pool->slabs, pool->slab_bytes, pool->blocks_carved,
                 pool->blocks_used, pool->bytes_used, pool->allocations, pool->refills, pool->frees_remote,
                 pool->slabs_created, pool->slabs_destroyed, pool->requested, pool->untouched, pool->rounding,
                 pool->free, pool->pending);
        at = put_varints(at, pool->slabs_occupied, WIRE_DECILES);
        while (at[-1] == 0) /* most classes are not used; the last byte of a number is 0 only if the number is */
                at--;
        cold_end(encode, at);
}

void encode_sampling(struct encode *encode, uint64_t rate)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_SAMPLING), rate));
}

void encode_resident(struct encode *encode, const struct wire_resident *resident)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_RESIDENT), resident->rss, resident->retained, resident->purged,
                             resident->metadata, resident->side, resident->recorder, resident->shared,
                             resident->library, resident->files, resident->stack, resident->anonymous));
}

void encode_usage(struct encode *encode, const struct wire_usage *usage)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_USAGE), usage->mapped_bytes, usage->free_bytes,
                             usage->purged_bytes, usage->metadata_bytes, usage->side_bytes, usage->recorder_bytes,
                             usage->frees_foreign, usage->frees_interior, usage->frees_double, usage->resizes_in_place,
                             usage->resizes_moved, usage->stacks, usage->stacks_truncated, usage->stacks_broken,
                             usage->stacks_checked, usage->stacks_differ));
}

void encode_error(struct encode *encode, const struct wire_error *error)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_ERROR), error->kind, error->call, error->place, error->alloc_kind,
                             error->stack, error->alloc_stack, error->free_stack, error->flags, error->address,
                             error->offset, error->size, error->said));
}

void encode_guarded(struct encode *encode, const struct wire_guarded *guarded)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_GUARDED), guarded->slot, guarded->number, guarded->alloc_stack,
                             guarded->free_stack, guarded->address, guarded->size));
}

void encode_leak(struct encode *encode, const struct wire_leak *leak)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_LEAK), leak->scan, leak->class, leak->stack, leak->root,
                             leak->flags, leak->blocks, leak->bytes, leak->usable, leak->first_ns, leak->last_ns));
}

void encode_leak_scan(struct encode *encode, const struct wire_leak_scan *scan)
{
        uint8_t *at = cold_begin(encode, WIRE_LEAK_SCAN);

        at = PUT(at, scan->number, scan->why, scan->flags, scan->threads, scan->threads_silent, scan->time_ns,
                 scan->pause_ns, scan->scan_ns, scan->root_bytes, scan->heap_bytes);
        at = put_varints(at, scan->blocks, WIRE_LEAK_CLASSES);
        cold_end(encode, put_varints(at, scan->bytes, WIRE_LEAK_CLASSES));
}

void encode_leak_chain(struct encode *encode, const struct wire_leak_chain *chain)
{
        uint8_t *at = cold_begin(encode, WIRE_LEAK_CHAIN);

        at = PUT(at, chain->scan, chain->stack, chain->count);
        for (const struct wire_link *link = chain->link; link < chain->link + chain->count; link++)
                at = PUT(at, link->kind, link->stack, link->value, link->offset);
        cold_end(encode, at);
}

void encode_suppressions(struct encode *encode, const char *text, size_t bytes)
{
        cold_end(encode, put_bytes(cold_begin(encode, WIRE_SUPPRESSIONS), text, bytes, WIRE_STRING_BYTES_MAX));
}

void encode_live(struct encode *encode, const struct wire_live *live)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_LIVE), live->stack, live->blocks, live->bytes, live->usable_bytes,
                             live->pinned_bytes, live->pinning_blocks, live->pinned_slabs));
}

void encode_walked(struct encode *encode, const struct wire_walked *walked)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_WALKED), walked->blocks, walked->bytes, walked->inherited_blocks,
                             walked->inherited_bytes, walked->untraced_blocks, walked->threads,
                             walked->empty.sparse_slabs, walked->empty.pinned_bytes, walked->empty.filling_bytes,
                             walked->empty.dense_bytes, walked->empty.unpinned_bytes));
}

void encode_limits(struct encode *encode, const struct wire_limits *limits)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_LIMITS), limits->number, limits->why, limits->source,
                             limits->stalled, limits->time_ns, limits->retain_bytes, limits->most_bytes,
                             limits->decay_ms, limits->used_bytes, limits->limit_bytes, limits->retained_bytes));
}

void encode_purged(struct encode *encode, const struct wire_purged *purged)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_PURGED), purged->number, purged->why, purged->time_ns,
                             purged->purges, purged->bytes, purged->ns, purged->refaulted_bytes));
}

void encode_exit(struct encode *encode, const struct wire_exit_event *exit)
{
        cold_end(encode, PUT(cold_begin(encode, WIRE_EXIT), exit->how, exit->time_ns, exit->allocations, exit->frees,
                             exit->resizes, exit->requested_bytes));
}
