/* The flood. Words are scanned in batches, so that the misses of a batch overlap: first all words of some blocks are
 * sifted by whether they could lie in the pools, then those are looked up and their states fetched, then judged. What
 * is reached waits in a list, and what comes next from there is fetched ahead.
 *
 * Source of fetching ahead by a queue between the list and the scan: Cher, Hosking and Vitek, "Software prefetching for
 * mark-sweep garbage collection" (ASPLOS 2004). */
#include "preload/leaks/mark.h"

#include "preload/leaks/explain.h"
#include "preload/leaks/pages.h"

enum {
        FOUND_MAX = 512, /* words of a batch */
        SIFT_MAX = 256,  /* words sifted in one go */
        AHEAD = 16,      /* blocks fetched ahead; a power of two */
};

/* A word that points into a slab. */
struct hit {
        uintptr_t word, from;
        uint32_t slab, index;
};

struct mark {
        struct leak_blocks *blocks;
        struct leak_marked marked;
        uintptr_t *from; /* see mark.h */
        bool possible;   /* the second flood: all that is reached now is possibly lost */
        bool pending;    /* there are blocks for it */
        bool overflowed;
        const uintptr_t *at, *end;  /* of the memory being scanned */
        uintptr_t rest_start, rest; /* what follows behind a hole */
        /* Blocks to be scanned, as number of the slab << 32 | index. The latest first, or the earliest if chains are
         * asked for; places wrap. */
        uint64_t *list;
        size_t list_mask, list_first, list_end;
        uint64_t ahead[AHEAD];
        unsigned ahead_first, ahead_end;
        size_t found_count, hit_count;
        uintptr_t found[FOUND_MAX];
        uintptr_t found_from[FOUND_MAX];
        struct hit hit[FOUND_MAX];
        struct leak_vtables vtables;
};

static bool list_is_full(const struct mark *mark)
{
        return mark->list_end - mark->list_first > mark->list_mask;
}

static void list_push(struct mark *mark, uint32_t slab, uint32_t index)
{
        if (UNLIKELY(list_is_full(mark))) {
                mark->blocks->state[mark->blocks->slab[slab].first + index] |= LEAK_UNSCANNED;
                mark->overflowed = true;
                return;
        }
        mark->list[mark->list_end++ & mark->list_mask] = (uint64_t)slab << 32 | index;
}

static uint64_t list_pop(struct mark *mark)
{
        return mark->list[(mark->from ? mark->list_first++ : --mark->list_end) & mark->list_mask];
}

/* Fetches what is to be scanned soon. */
static void look_ahead(struct mark *mark)
{
        while (mark->ahead_end - mark->ahead_first < AHEAD && mark->list_first != mark->list_end) {
                uint64_t entry = list_pop(mark);
                const struct leak_slab *slab = &mark->blocks->slab[entry >> 32];
                const char *start = (const char *)leak_block_start(slab, (uint32_t)entry);

                __builtin_prefetch((const void *)&slab->side[(uint32_t)entry]);
                __builtin_prefetch(start);
                if (slab->usable > CACHE_LINE)
                        __builtin_prefetch(start + CACHE_LINE);
                mark->ahead[mark->ahead_end++ % AHEAD] = entry;
        }
}

/* Begins to scan a block, or the rest of one behind a hole. */
static bool begin(struct mark *mark, uintptr_t start, uintptr_t end)
{
        struct leak_piece piece;

        mark->rest = 0;
        if (!leak_blocks_readable(mark->blocks, start, end, &piece))
                return false;
        mark->at = (const uintptr_t *)piece.start;
        mark->end = mark->at + (piece.end - piece.start) / sizeof *mark->at;
        mark->marked.heap_bytes += piece.end - piece.start;
        if (UNLIKELY(piece.end < end)) {
                mark->rest_start = piece.end;
                mark->rest = end;
        }
        return true;
}

/* Turns to the next block with contents. False: there is none. */
static bool next(struct mark *mark)
{
        while (mark->at == mark->end) {
                uint64_t entry;
                const struct leak_slab *slab;
                uintptr_t start;

                if (UNLIKELY(mark->rest && begin(mark, mark->rest_start, mark->rest)))
                        continue;
                look_ahead(mark);
                if (mark->ahead_first == mark->ahead_end)
                        return false;
                entry = mark->ahead[mark->ahead_first++ % AHEAD];
                slab = &mark->blocks->slab[entry >> 32];
                start = leak_block_start(slab, (uint32_t)entry);
                begin(mark, start, start + leak_block_bytes(slab, (uint32_t)entry));
        }
        return true;
}

/* What may point to a block is kept, without a branch that cannot be foreseen. */
__attribute__((no_sanitize("address", "thread"))) static void sift(struct mark *mark, size_t count)
{
        uintptr_t low = mark->blocks->low, span = mark->blocks->span;
        const uintptr_t *at = mark->at;
        size_t found = mark->found_count;

        for (size_t i = 0; i < count; i++) {
                mark->found[found] = at[i];
                found += at[i] - low < span;
        }
        mark->found_count = found;
        mark->at += count;
}

/* The same, when it matters where it was found, or guarded blocks lie elsewhere. */
__attribute__((no_sanitize("address", "thread"))) static void sift_with_care(struct mark *mark, size_t count)
{
        const struct leak_blocks *blocks = mark->blocks;

        for (; count--; mark->at++) {
                uintptr_t word = *mark->at;

                if (word - blocks->low >= blocks->span &&
                    word - blocks->guard_low >= blocks->guard_high - blocks->guard_low)
                        continue;
                mark->found_from[mark->found_count] = (uintptr_t)mark->at;
                mark->found[mark->found_count++] = word;
        }
}

static void gather(struct mark *mark)
{
        bool careful = mark->from || mark->blocks->guard_high;

        while (mark->found_count <= FOUND_MAX - SIFT_MAX && next(mark)) {
                size_t count = (size_t)(mark->end - mark->at);

                if (count > SIFT_MAX)
                        count = SIFT_MAX;
                if (UNLIKELY(careful))
                        sift_with_care(mark, count);
                else
                        sift(mark, count);
        }
}

static void look_up(struct mark *mark)
{
        const struct leak_blocks *blocks = mark->blocks;
        size_t hits = 0;

        for (size_t i = 0; i < mark->found_count; i++) {
                struct hit *hit = &mark->hit[hits];

                hit->word = mark->found[i];
                hit->from = mark->found_from[i];
                hit->slab = leak_blocks_find(blocks, hit->word, &hit->index);
                __builtin_prefetch(&blocks->state[blocks->slab[hit->slab].first + hit->index]);
                hits += hit->slab != 0;
        }
        mark->hit_count = hits;
        mark->found_count = 0;
}

static void reach(struct mark *mark, const struct hit *hit, uint32_t number, uint8_t bits)
{
        mark->blocks->state[number] |= bits;
        if (mark->from)
                mark->from[number] = hit->from;
        list_push(mark, hit->slab, hit->index);
}

static bool is_explained(struct mark *mark, uintptr_t word, uintptr_t start, size_t bytes)
{
        if (UNLIKELY(mark->blocks->hole_count && !leak_blocks_whole(mark->blocks, start, start + bytes)))
                return false;
        return leak_explained(&mark->vtables, word, start, bytes);
}

/* False: it takes more than the state of the block to judge it, and that is being fetched. */
static bool judge(struct mark *mark, const struct hit *hit)
{
        const struct leak_slab *slab = &mark->blocks->slab[hit->slab];
        uint32_t number = slab->first + hit->index;
        uint8_t state = mark->blocks->state[number];
        uintptr_t start = leak_block_start(slab, hit->index);
        bool is_start = hit->word == start;

        if (!(state & LEAK_LIVE) || (state & (LEAK_REACHED | LEAK_EXPLAINED)) == LEAK_REACHED)
                return true;
        if (state & LEAK_REACHED) {
                if (is_start && !mark->possible)
                        mark->blocks->state[number] &= (uint8_t)~LEAK_EXPLAINED;
        } else if (state & LEAK_POSSIBLE) {
                return true;
        } else if (is_start) {
                reach(mark, hit, number, mark->possible ? LEAK_POSSIBLE : LEAK_REACHED);
        } else {
                __builtin_prefetch((const void *)&slab->side[hit->index]);
                __builtin_prefetch((const void *)start);
                __builtin_prefetch((const void *)hit->word);
                return false;
        }
        return true;
}

/* A pointer into a block that was not reached when it was judged. */
static void judge_inside(struct mark *mark, const struct hit *hit)
{
        const struct leak_slab *slab = &mark->blocks->slab[hit->slab];
        uint32_t number = slab->first + hit->index;
        uint8_t *state = &mark->blocks->state[number];
        uintptr_t start = leak_block_start(slab, hit->index);
        size_t bytes = leak_block_bytes(slab, hit->index);

        if (*state & (LEAK_REACHED | LEAK_POSSIBLE))
                return;
        if (mark->possible) {
                if (hit->word - start < bytes)
                        reach(mark, hit, number, LEAK_POSSIBLE);
        } else if (is_explained(mark, hit->word, start, bytes)) {
                reach(mark, hit, number, LEAK_REACHED | LEAK_EXPLAINED);
        } else if (hit->word - start < bytes && !(*state & LEAK_PENDING)) {
                *state |= LEAK_PENDING;
                mark->pending = true;
                if (mark->from)
                        mark->from[number] = hit->from;
        }
}

static void judge_all(struct mark *mark)
{
        size_t inside = 0;

        for (size_t i = 0; i < mark->hit_count; i++)
                if (!judge(mark, &mark->hit[i]))
                        mark->hit[inside++] = mark->hit[i];
        for (size_t i = 0; i < inside; i++)
                judge_inside(mark, &mark->hit[i]);
}

/* All blocks that did not fit into the list get another chance. */
static COLD void refill(struct mark *mark)
{
        struct leak_blocks *blocks = mark->blocks;

        mark->overflowed = false;
        for (uint32_t number = 1; number < blocks->slab_count; number++) {
                const struct leak_slab *slab = &blocks->slab[number];

                for (uint32_t i = 0; i < slab->blocks; i++)
                        if (blocks->state[slab->first + i] & LEAK_UNSCANNED) {
                                blocks->state[slab->first + i] &= (uint8_t)~LEAK_UNSCANNED;
                                list_push(mark, number, i);
                                if (mark->overflowed)
                                        return;
                        }
        }
}

/* Scans what has been begun, what is in the list, and all that is reached from there. */
static void flood(struct mark *mark)
{
        for (;;) {
                gather(mark);
                if (!mark->found_count) {
                        if (!mark->overflowed)
                                return;
                        refill(mark);
                        continue;
                }
                look_up(mark);
                judge_all(mark);
        }
}

static void flood_from(struct mark *mark, uintptr_t start, uintptr_t end)
{
        start = (start + sizeof(uintptr_t) - 1) & ~(sizeof(uintptr_t) - 1);
        end &= ~(sizeof(uintptr_t) - 1);
        if (start >= end)
                return;
        mark->at = (const uintptr_t *)start;
        mark->end = (const uintptr_t *)end;
        mark->marked.root_bytes += end - start;
        flood(mark);
}

/* Memory of the pools of which nobody knows what in it is in use: all of it may point to blocks. */
static void flood_from_unknown(struct mark *mark)
{
        for (uint32_t number = 1; number < mark->blocks->slab_count; number++) {
                const struct leak_slab *slab = &mark->blocks->slab[number];

                if (!slab->side && begin(mark, slab->start, slab->start + slab->blocks * slab->usable))
                        flood(mark);
        }
}

/* What was pointed into and is not reached all the same. */
static void flood_possible(struct mark *mark)
{
        struct leak_blocks *blocks = mark->blocks;

        mark->possible = true;
        for (uint32_t number = 1; number < blocks->slab_count; number++) {
                const struct leak_slab *slab = &blocks->slab[number];

                for (uint32_t i = 0; i < slab->blocks; i++) {
                        uint8_t *state = &blocks->state[slab->first + i];

                        if ((*state & (LEAK_PENDING | LEAK_REACHED | LEAK_POSSIBLE)) != LEAK_PENDING)
                                continue;
                        *state |= LEAK_POSSIBLE;
                        list_push(mark, number, i);
                        if (list_is_full(mark))
                                flood(mark);
                }
        }
        flood(mark);
}

/* What is kept by words of ours, and by nothing else: its contents are not scanned any more. */
static void reach_kept(struct leak_blocks *blocks, const struct leak_root *root)
{
        for (const uintptr_t *word = (const uintptr_t *)root->start; word < (const uintptr_t *)root->end; word++) {
                uint32_t index, slab = leak_blocks_find(blocks, *word, &index);
                uint8_t *state = &blocks->state[blocks->slab[slab].first + index];

                if (slab && *state & LEAK_LIVE)
                        *state = (*state | LEAK_REACHED) & (uint8_t)~LEAK_POSSIBLE;
        }
}

static void mark_from(struct mark *mark, const struct leak_mark_order *order)
{
        const struct leak_roots *roots = order->roots;

        for (size_t i = 0; i < roots->count; i++)
                if (roots->root[i].kind < LEAK_ROOT_KEPT)
                        flood_from(mark, roots->root[i].start, roots->root[i].end);
        flood_from(mark, order->more->start, order->more->end);
        flood_from_unknown(mark);
        if (mark->pending)
                flood_possible(mark);
        for (size_t i = 0; i < roots->count; i++)
                if (roots->root[i].kind == LEAK_ROOT_KEPT)
                        reach_kept(mark->blocks, &roots->root[i]);
}

bool leak_mark(struct leak_blocks *blocks, const struct leak_mark_order *order, struct leak_marked *ret_marked)
{
        struct mark *mark = pages_map(sizeof *mark);
        uint64_t *list = pages_map(order->places * sizeof *list);

        if (mark && list) {
                mark->blocks = blocks;
                mark->from = order->from;
                mark->list = list;
                mark->list_mask = order->places - 1;
                mark_from(mark, order);
                *ret_marked = mark->marked;
        }
        pages_unmap(list, order->places * sizeof *list);
        pages_unmap(mark, sizeof *mark);
        return mark && list;
}
