/* Heaps and threads: what one heap frees of another's, what is left of a heap without a thread, and fork. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/alloc/held.h"

enum { BYTES = 1000, BLOCKS = 1000, BLOCKS_A_SLAB = 64 };

static struct block blocks[BLOCKS];

static void hold_all(struct heap *heap)
{
        for (unsigned i = 0; i < BLOCKS; i++)
                blocks[i] = hold(heap, BYTES, 16, i + 1);
}

static bool had_before(const void *start)
{
        for (unsigned i = 0; i < BLOCKS; i++)
                if (blocks[i].start == start)
                        return true;
        return false;
}

Test(heaps, blocks_freed_by_another_heap_come_back_to_their_own)
{
        struct heap *heap = heap_create(true), *other = heap_create(true);
        struct block kept[BLOCKS / 4];

        hold_all(heap);
        for (unsigned i = 0; i < BLOCKS; i++)
                let_go(other, blocks[i]);

        for (unsigned i = 0; i < BLOCKS / 4; i++) {
                kept[i] = hold(heap, BYTES, 16, 1);
                cr_assert(had_before(kept[i].start) || i < BLOCKS_A_SLAB, "%u", i);
        }
}

Test(heaps, slabs_that_others_have_emptied_are_given_back_when_memory_is_needed)
{
        struct heap *heap = heap_create(true), *other = heap_create(true);
        struct heap_usage usage;

        hold_all(heap);
        for (unsigned i = 0; i < BLOCKS; i++)
                let_go(other, blocks[i]);
        for (unsigned i = 0; i < 100; i++) /* of another class, and more than is free */
                hold(heap, 300000, 16, 1);
        heaps_usage(&usage);
        cr_assert_leq(usage.pool[size_class_of(BYTES)].slabs, 1);
}

Test(heaps, freeing_the_blocks_of_a_retired_heap_gives_its_slabs_back)
{
        struct heap *heap = heap_create(true);

        hold_all(heap);
        heap_retire(heap);
        cr_assert_geq(slabs_in_all(), BLOCKS / BLOCKS_A_SLAB);
        for (unsigned i = 0; i < BLOCKS; i++)
                let_go(&heap_none, blocks[i]);
        cr_assert_eq(slabs_in_all(), 0);
}

Test(heaps, the_free_blocks_of_a_retired_heap_are_used_by_another)
{
        struct heap *heap = heap_create(true), *other = heap_create(true);

        hold_all(heap);
        for (unsigned i = 0; i < BLOCKS; i += 2)
                let_go(heap, blocks[i]);
        heap_retire(heap);

        size_t slabs = slabs_in_all();

        for (unsigned i = 0; i < BLOCKS / 2 - BLOCKS_A_SLAB; i++)
                hold(other, BYTES, 16, 1);
        cr_assert_eq(slabs_in_all(), slabs);
}

Test(heaps, a_sided_heap_does_not_adopt_blocks_without_records)
{
        struct heap *heap = heap_create(false), *other;

        hold_all(heap);
        for (unsigned i = 0; i < BLOCKS; i += 2)
                let_go(heap, blocks[i]);
        heap_retire(heap);
        other = heap_create(true);
        cr_assert_neq(other, heap);
        for (unsigned i = 0; i < BLOCKS; i++)
                hold(other, BYTES, 16, 1);
}

static size_t metadata_after_heaps(unsigned count)
{
        struct heap_usage usage;

        for (unsigned i = 0; i < count; i++) {
                struct heap *heap = heap_create(i % 2);

                let_go(heap, hold(heap, i % 3000, 16, 1));
                heap_retire(heap);
        }
        heaps_usage(&usage);
        return usage.metadata_bytes;
}

Test(heaps, heaps_are_recycled)
{
        struct heap *heap[200];

        for (unsigned i = 0; i < 200; i++)
                cr_assert((heap[i] = heap_create(i % 2)));
        for (unsigned i = 0; i < 200; i++)
                heap_retire(heap[i]);

        size_t few = metadata_after_heaps(6000), many = metadata_after_heaps(100000);

        cr_assert_eq(few, many);
}

static void in_child(void (*act)(struct heap *), struct heap *heap)
{
        int status;
        pid_t child = fork();

        if (!child) {
                act(heap);
                _exit(0);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert_eq(status, 0);
}

static void free_all_in_child(struct heap *heap)
{
        heaps_after_fork(heap);
        for (unsigned i = 0; i < BLOCKS; i++)
                let_go(heap, blocks[i]);
        if (slabs_in_all())
                _exit(1);
        for (unsigned i = 0; i < BLOCKS; i++)
                hold(heap, BYTES, 16, 1);
}

Test(heaps, a_forked_child_frees_the_blocks_of_threads_it_has_not_got)
{
        struct heap *gone = heap_create(true), *survivor = heap_create(true);

        hold_all(gone);
        in_child(free_all_in_child, survivor);
}

static void free_all_of_a_cut_heap(struct heap *heap)
{
        heaps_after_fork(heap);
        for (unsigned i = 0; i < BLOCKS; i++)
                let_go(heap, blocks[i]);
        for (unsigned i = 0; i < BLOCKS; i++)
                if (had_before(hold(heap, BYTES, 16, 1).start))
                        _exit(1);
}

Test(heaps, a_forked_child_does_not_rely_on_a_heap_that_was_cut_in_the_middle_of_a_change)
{
        struct heap *gone = heap_create(true), *survivor = heap_create(true);

        hold_all(gone);
        heap_enter(gone);
        in_child(free_all_of_a_cut_heap, survivor);
}

static _Atomic bool forks_end;

static void *churn(void *argument)
{
        struct heap *heap = heap_create(true);

        (void)argument;
        for (unsigned i = 0; !atomic_load(&forks_end); i++) {
                struct block block, other;

                if (!heap_alloc(heap, i * 37 % 5000, 16, &block) || !heap_alloc(heap, 50000, 16, &other))
                        break;
                heap_release(heap, &block);
                heap_release(heap, &other);
        }
        heap_retire(heap);
        return NULL;
}

static void use_all(struct heap *heap)
{
        heaps_after_fork(heap);
        for (unsigned i = 0; i < BLOCKS; i++)
                blocks[i] = hold(heap, i * 37 % 70000, 16, i + 1);
        for (unsigned i = 0; i < BLOCKS; i++)
                let_go(heap, blocks[i]);
        heaps_trim(heap);
}

Test(heaps, a_child_forked_while_others_allocate_goes_on, .timeout = 60)
{
        struct heap *heap = heap_create(true);
        pthread_t threads[3];

        for (unsigned i = 0; i < 3; i++)
                pthread_create(&threads[i], NULL, churn, NULL);
        for (unsigned i = 0; i < 200; i++)
                in_child(use_all, heap);
        atomic_store(&forks_end, true);
        for (unsigned i = 0; i < 3; i++)
                pthread_join(threads[i], NULL);
}

static struct heap *heap_interrupted;
static volatile unsigned long handled;

static void on_alarm(int signal)
{
        void *first = heap_alloc_fast(heap_interrupted, 48), *second = heap_alloc_fast(heap_interrupted, 48);

        (void)signal;
        if (first)
                memset(first, 1, 48);
        if (second)
                memset(second, 2, 48);
        if (second && !heap_free_fast(heap_interrupted, second))
                return;
        if (first && heap_free_fast(heap_interrupted, first))
                handled++;
}

Test(heaps, a_signal_handler_may_allocate_and_free_within_the_fast_paths)
{
        const struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
        const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
        struct heap *heap = heap_interrupted = heap_create(false);
        unsigned char *mine[8];

        for (unsigned i = 0; i < 8; i++) {
                struct block block;

                heap_alloc(heap, 48, 16, &block);
                mine[i] = block.start;
                cr_assert(heap_free_fast(heap, mine[i]) || i);
        }
        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &often, NULL);
        for (unsigned long round = 0; handled < 2000 && round < 50000000; round++) {
                for (unsigned i = 0; i < 4; i++) {
                        mine[i] = heap_alloc_fast(heap, 48);
                        if (!mine[i]) { /* the credit is used up */
                                struct block block;

                                cr_assert(heap_alloc(heap, 48, 16, &block));
                                mine[i] = block.start;
                        }
                        memset(mine[i], (int)(16 + i), 48);
                }
                for (unsigned i = 0; i < 4; i++) {
                        cr_assert_eq(mine[i][8], 16 + i);
                        cr_assert_eq(mine[i][47], 16 + i);
                        cr_assert(heap_free_fast(heap, mine[i]));
                }
        }
        setitimer(ITIMER_REAL, &never, NULL);
        cr_assert_geq(handled, 1000);
}
