/* Blocks that are freed by other threads than their heap's: every interleaving of small scenes, on the allocator's real
 * code. In each run no block may be handed out twice, a slab that was put away full and got a free must be announced to
 * its owner once, and when all is freed, all slabs must be gone.
 *
 * Usage: remote_free [-v] [SECONDS_FOR_EACH [SCENE…]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/fast.h"
#include "tests/model/model.h"

/* Of all blocks: the slab is one slice, and few fill it. */
enum { BLOCK_BYTES = 8192 };
enum { HELD_MAX = 64, SPARES = 3 };

static unsigned slab_blocks;
static struct slab *purged;

/* The heaps of the three threads, and one that makes what each scene needs and takes away what it leaves. */
static struct heap *heap_at_begin[4], *heap[4];
static bool retired_at_begin[4], retired[4];
/* Blocks in use by their numbers in the scene. */
static struct block block_at_begin[HELD_MAX], block[HELD_MAX];
static bool sided;

/* --- what the threads do -------------------------------------------------------------------------------------------
 */

static unsigned live(void *start)
{
        unsigned count = 0;

        for (unsigned i = 0; i < HELD_MAX; i++)
                count += block[i].start == start;
        return count;
}

static void note(unsigned number, void *start)
{
        model_extra ^= model_mix(number + 1, (uintptr_t)block[number].start) ^ model_mix(number + 1, (uintptr_t)start);
}

static unsigned operations[4];

static void done(unsigned t)
{
        model_forget(model_mix(t + 100, ++operations[t]));
}

static void take(unsigned t, unsigned number)
{
        struct block got;

        if ((sided || !fast_take(heap[t], BLOCK_BYTES, &got)) && !heap_alloc(heap[t], BLOCK_BYTES, 16, &got))
                model_fail("no memory");
        if (live(got.start))
                model_fail("a block was handed out twice");
        note(number, got.start);
        block[number] = got;
        done(t);
}

static void give(unsigned t, unsigned number)
{
        struct block gone = block[number];

        note(number, NULL);
        block[number].start = NULL;
        if (sided || !fast_give(heap[t], &gone))
                heap_release(heap[t], &gone);
        done(t);
}

static void retire(unsigned t)
{
        retired[t] = true;
        heap_retire(heap[t]);
        done(t);
}

static void create(unsigned t)
{
        heap[t] = heap_create(sided);
        if (!heap[t])
                model_fail("no heap");
        for (unsigned i = 0; i < 4; i++)
                if (i != t && heap[i] == heap[t] && !retired[i])
                        model_fail("a heap has two users");
        retired[t] = false;
        done(t);
}

static void sweep(unsigned t)
{
        heaps_sweep();
        done(t);
}

/* --- the end of a run ------------------------------------------------------------------------------------------------
 */

static const char *check_full(struct heap *of)
{
        unsigned full = 0, pending = 0, announced = 0;

        for (struct slab *slab = of->full; slab; slab = slab->next) {
                if (++full > 100)
                        return "the list of full slabs has no end";
                if (!slab->full)
                        return "a slab is on the list of full ones and is not full";
                announced += !(slab->remote & SLAB_REMOTE_FULL);
        }
        for (struct slab *slab = of->pending; slab; slab = slab->pending_next) {
                if (++pending > 100)
                        return "a slab is pending twice";
                if (!slab->full || slab->remote & SLAB_REMOTE_FULL)
                        return "a slab is pending that waits for nothing";
        }
        if (pending < announced)
                return "a full slab with a remote free was not announced";
        return pending > announced ? "a slab was announced twice" : NULL;
}

static const char *end(void)
{
        static struct heap_usage usage;
        const char *trouble = NULL;
        size_t slabs = 0;

        for (unsigned t = 0; t < 4 && !trouble; t++)
                trouble = check_full(heap[t]);
        if (!trouble) {
                for (unsigned i = 0; i < HELD_MAX; i++)
                        if (block[i].start)
                                heap_release(heap[3], &block[i]);
                for (unsigned t = 0; t < 4; t++)
                        if (!retired[t])
                                heap_retire(heap[t]);
                heaps_sweep();
                heaps_sweep();
                heaps_usage(&usage);
                for (unsigned c = 0; c < HEAP_CLASSES; c++)
                        slabs += usage.pool[c].slabs;
                trouble = slabs ? "blocks were lost: everything is freed, and slabs are left" : NULL;
        }
        return trouble;
}

static void begin(void)
{
        memcpy(heap, heap_at_begin, sizeof heap);
        memcpy(block, block_at_begin, sizeof block);
        memcpy(retired, retired_at_begin, sizeof retired);
        memset(operations, 0, sizeof operations);
        model_extra = 0;
}

/* --- the scenes
 * ------------------------------------------------------------------------------------------------------- */

/* Before the runs: thread t gets `count` blocks numbered from `first` on. */
static void have(unsigned t, unsigned first, unsigned count)
{
        for (unsigned i = first; i < first + count; i++)
                if (!heap_alloc(heap_at_begin[t], BLOCK_BYTES, 16, &block_at_begin[i]))
                        abort();
}

static void lose(unsigned t, unsigned first, unsigned count)
{
        for (unsigned i = first; i < first + count; i++) {
                heap_release(heap_at_begin[t], &block_at_begin[i]);
                block_at_begin[i].start = NULL;
        }
}

static void set_up(void)
{
        memset(block_at_begin, 0, sizeof block_at_begin);
        for (unsigned t = 0; t < 4; t++) {
                heap_at_begin[t] = heap_create(sided);
                retired_at_begin[t] = false;
        }
        /* Side arrays and slices for all that the scene will make, ready to be used again. */
        have(3, 0, SPARES * slab_blocks);
        lose(3, 0, SPARES * slab_blocks);
        heap_shrink(heap_at_begin[3]);
}

static void tear_down(void)
{
        for (unsigned i = 0; i < HELD_MAX; i++)
                if (block_at_begin[i].start)
                        heap_release(heap_at_begin[3], &block_at_begin[i]);
        for (unsigned t = 0; t < 4; t++)
                if (!retired_at_begin[t])
                        heap_retire(heap_at_begin[t]);
        heaps_sweep();
}

static void retire_at_begin(unsigned t)
{
        heap_retire(heap_at_begin[t]);
        retired_at_begin[t] = true;
}

/* The slab is used up; its owner wants one more block while two others free theirs. */
static void exhausted(void)
{
        have(0, 0, slab_blocks);
}
static void exhausted_0(void)
{
        take(0, 40);
}
static void exhausted_twice_0(void)
{
        take(0, 40);
        take(0, 41);
}
static void frees_1(void)
{
        give(1, 1);
}
static void frees_2(void)
{
        give(2, 2);
}

/* The slab has been put away full; its owner frees one of its blocks too, and takes another. */
static void put_away(void)
{
        have(0, 0, slab_blocks + 1);
}
static void put_away_0(void)
{
        give(0, 0);
        take(0, 40);
}

/* Two slabs have been put away full, and one free comes to each. */
static void two_full(void)
{
        have(0, 0, 2 * slab_blocks + 1);
}
static void two_full_0(void)
{
        take(0, 40);
        take(0, 41);
}
static void frees_second_2(void)
{
        give(2, slab_blocks + 1);
}

/* Two of each: the second remote free meets the pending slab, and the owner drains in between. */
static void twice_1(void)
{
        give(1, 1);
        give(1, 3);
}

/* The owner's thread ends while others free what it had. */
static void ends_0(void)
{
        give(0, 0);
        retire(0);
}
static void partial(void)
{
        have(0, 0, 3);
}

/* The owner ends, another adopts what it leaves, and a third frees a block of it. */
static void ends_only_0(void)
{
        retire(0);
}
static void adopts_1(void)
{
        take(1, 40);
        give(1, 40);
}

/* The owner has ended; one adopts what it left, and two free blocks of it. */
static void orphan(void)
{
        have(0, 0, 3);
        retire_at_begin(0);
}
static void orphan_frees_0(void)
{
        give(3, 1); /* heap 0 has no thread: by way of another */
}
static void takes_1(void)
{
        take(1, 40);
}

/* What was adopted is used up and put away by its new owner. */
static void orphan_almost_full(void)
{
        have(0, 0, slab_blocks - 1);
        retire_at_begin(0);
}
static void uses_up_1(void)
{
        take(1, 40);
        take(1, 41);
}

/* Two want to adopt the same; who comes second makes a slab. */
static void takes_2(void)
{
        take(2, 41);
}

/* A full slab without a thread, freed by two and swept by the third. */
static void orphan_full(void)
{
        have(0, 0, slab_blocks + 1);
        retire_at_begin(0);
}
static void sweeps_0(void)
{
        sweep(3);
}

/* The owner's heap gets a new thread while blocks of the old one come back. */
static void recycles_0(void)
{
        retire(0);
}
static void recycles_1(void)
{
        retire(1);
        create(1);
        take(1, 40);
}

/* A block goes round: allocated by one, freed by the second, allocated again, while the third frees beside it. */
static void round_0(void)
{
        take(0, 40);
        model_send(0, block[40].start);
        take(0, 41);
        take(0, 42);
}
static void round_1(void)
{
        model_receive(0);
        give(1, 40);
}

/* All blocks of a slab were freed by others and its owner sleeps: its memory is given back by a third, while the owner
 * wakes up and wants blocks. The slab is still its current one, or has been put away and announced. */
static void sleeps_with(unsigned blocks)
{
        have(0, 0, blocks);
        purged = slab_of_block(block_at_begin[0].start);
        lose(1, 0, slab_blocks);
        heap_purge_slab(purged); /* it is seen, and goes the next time */
}
static void sleeps(void)
{
        sleeps_with(slab_blocks);
}
static void sleeps_put_away(void)
{
        sleeps_with(2 * slab_blocks);
}
static void purges_1(void)
{
        heap_purge_slab(purged);
        done(1);
}
static void purges_2(void)
{
        heap_purge_slab(purged);
        heap_purge_slab(purged);
        done(2);
}
static void wakes_0(void)
{
        take(0, 40);
        take(0, 41);
        give(0, 40);
}

/* The last block comes in between. */
static void sleeps_but_one(void)
{
        have(0, 0, slab_blocks);
        purged = slab_of_block(block_at_begin[0].start);
        lose(1, 2, slab_blocks - 2);
        heap_purge_slab(purged);
}
static void frees_last_1(void)
{
        give(1, 0);
        give(1, 1);
}

static const struct scene {
        struct model model;
        void (*have)(void);
} scenes[] = {
        {{"exhausted", 3, {exhausted_0, frees_1, frees_2}, begin, end}, exhausted},
        {{"exhausted_twice", 2, {exhausted_twice_0, frees_1}, begin, end}, exhausted},
        {{"put_away", 3, {put_away_0, frees_1, frees_2}, begin, end}, put_away},
        {{"two_full", 3, {two_full_0, frees_1, frees_second_2}, begin, end}, two_full},
        {{"put_away_twice", 3, {put_away_0, twice_1, frees_2}, begin, end}, put_away},
        {{"ends", 3, {ends_0, frees_1, frees_2}, begin, end}, partial},
        {{"ends_full", 3, {ends_0, frees_1, frees_2}, begin, end}, put_away},
        {{"adopted", 3, {ends_only_0, adopts_1, frees_2}, begin, end}, partial},
        {{"adopted_full", 3, {ends_only_0, adopts_1, frees_2}, begin, end}, put_away},
        {{"orphan", 3, {orphan_frees_0, takes_1, frees_2}, begin, end}, orphan},
        {{"orphan_used_up", 2, {uses_up_1, frees_2}, begin, end}, orphan_almost_full},
        {{"orphan_wanted", 2, {takes_1, takes_2}, begin, end}, orphan},
        {{"orphan_full", 3, {sweeps_0, frees_1, frees_2}, begin, end}, orphan_full},
        {{"recycled", 3, {recycles_0, recycles_1, frees_2}, begin, end}, put_away},
        {{"sleeps", 3, {wakes_0, purges_1, purges_2}, begin, end}, sleeps},
        {{"sleeps_put_away", 3, {wakes_0, purges_1, purges_2}, begin, end}, sleeps_put_away},
        {{"sleeps_but_one", 3, {wakes_0, frees_last_1, purges_2}, begin, end}, sleeps_but_one},
        {{"round", 3, {round_0, round_1, frees_2}, begin, end}, exhausted},
};

static bool wanted(const char *name, int count, char **names)
{
        for (int i = 0; i < count; i++)
                if (!strcmp(names[i], name))
                        return true;
        return !count;
}

/* Loads return the latest value, or any that they may. */
static const char *const ways[4] = {"", ", old values", ", sided", ", sided, old values"};

static bool play(const struct scene *scene, bool stale, double seconds, bool verbose)
{
        struct model_result result;

        set_up();
        scene->have();
        result = model_explore(&scene->model, stale, seconds);
        if (verbose && result.trouble)
                model_print_trace();
        printf("%s model: %s%s, all %llu states (%llu ends, %u shared atomics)%s%s\n",
               result.trouble || !result.whole ? "not ok" : "ok", scene->model.name, ways[2 * sided + stale],
               (unsigned long long)result.states, (unsigned long long)result.runs, result.atomics,
               result.trouble ? ": " : "", result.trouble ? result.trouble : "");
        if (!result.trouble && !result.whole)
                printf("# not all were tried in the time\n");
        fflush(stdout);
        if (!result.trouble)
                tear_down();
        return !result.trouble && result.whole;
}

int main(int argc, char **argv)
{
        bool verbose = argc > 1 && !strcmp(argv[1], "-v");

        argc -= 1 + verbose, argv += 1 + verbose;

        double seconds = argc > 0 ? atof(argv[0]) : 60;

        slab_blocks = size_classes[size_class_of(BLOCK_BYTES)].blocks;
        for (unsigned i = 0; i < sizeof scenes / sizeof *scenes; i++)
                for (unsigned way = 0; way < 4 && wanted(scenes[i].model.name, argc - 1, argv + 1); way++) {
                        sided = way / 2;
                        if (!play(&scenes[i], way % 2, seconds, verbose))
                                return 1; /* what is left lies about; the next scene would start from it */
                }
        return 0;
}
