/* Asking for what is resident: the answer is found again by address, and nobody is waited for for long. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/record/channel.h"
#include "preload/record/frames.h"
#include "preload/record/measure.h"
#include "wire/session.h"

enum { PAGE = SESSION_PAGE_BYTES, MS = 1000000 };

static void *base;
static struct recorder recorder;

/* A session as the analyzer makes it, but for somebody who reads. */
static void begin(void)
{
        char directory[] = "/tmp/measure.XXXXXX", pipe[64], shared[64];
        int file;

        cr_assert(mkdtemp(directory));
        snprintf(pipe, sizeof pipe, "%s/pipe", directory);
        snprintf(shared, sizeof shared, "%s/pipe.shared", directory);
        cr_assert_eq(mkfifo(pipe, 0600), 0);
        cr_assert(open(pipe, O_RDONLY | O_NONBLOCK) >= 0);
        file = open(shared, O_RDWR | O_CREAT, 0600);
        cr_assert(file >= 0 && ftruncate(file, SESSION_BYTES) == 0);
        base = mmap(NULL, SESSION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        cr_assert_neq(base, MAP_FAILED);
        *(struct session_header *)base = (struct session_header){.magic = SESSION_MAGIC,
                                                                 .version = SESSION_VERSION,
                                                                 .slot_count = SESSION_SLOTS,
                                                                 .next_process = 1,
                                                                 .reader_pid = (uint32_t)getpid(),
                                                                 .reader_beat = 1};
        cr_assert(channel_open(pipe, false, 100));
        frames.process = channel_process_new();
        atomic_store(&frames.announced, true);
        unlink(pipe);
        unlink(shared);
        rmdir(directory);
}

static bool turn_is(enum session_turn turn)
{
        return (atomic_load(&session_measure(base)->state) & 0xff) == turn;
}

static void turn_set(enum session_turn turn)
{
        atomic_store(&session_measure(base)->state, (uint64_t)getpid() << 8 | turn);
}

static _Atomic int answering;

/* As the analyzer would: of the lower range pages 1 and 2 are resident, of the upper one three pages somewhere. */
static void *answer(void *unused)
{
        struct session_range *range = session_ranges(base);

        answering = 1;
        while (!turn_is(SESSION_ASKED)) /* without sleep: who asks does not wait long */
                sched_yield();
        turn_set(SESSION_BEGUN);
        if (session_measure(base)->range_count == 2 && range[0].start == 0x10000 && range[1].start == 0x400000) {
                session_page_words(base)[range[0].word] = 6;
                range[0].pages = 2;
                range[1].pages = 3;
                session_measure(base)->rss = 12345;
                session_measure(base)->known = 1;
        }
        turn_set(SESSION_ANSWERED);
        return unused;
}

static void ask_for_two(void)
{
        cr_assert(measure_begin());
        measure_range((void *)0x400010, 10 * PAGE, MEASURE_COUNT);
        measure_range((void *)0x10000, 100 * PAGE, MEASURE_PAGES);
}

Test(measure, the_answer_is_found_by_address)
{
        pthread_t reader;

        begin();
        pthread_create(&reader, NULL, answer, NULL);
        while (!answering)
                sched_yield();
        ask_for_two();
        cr_assert(measure_ask(&recorder));
        cr_expect_eq(measure_rest().rss, 12345);
        cr_expect_eq(measure_resident((void *)0x10000, 100 * PAGE), 2 * PAGE);
        cr_expect_eq(measure_resident((void *)0x11800, PAGE), PAGE);
        cr_expect_eq(measure_resident((void *)0x12800, PAGE), PAGE / 2);
        cr_expect_eq(measure_resident((void *)0x400000, PAGE), 3 * PAGE, "a counted range is one");
        cr_expect_eq(measure_resident((void *)0x300000, PAGE), 0, "in no range");
        cr_expect_eq(*measure_pages((void *)0x10000), 6);
        cr_expect_null(measure_pages((void *)0x300000));
        cr_expect_null(measure_pages((void *)0x400000));
        measure_end();
        cr_expect(turn_is(SESSION_FREE));
        pthread_join(reader, NULL);
}

Test(measure, a_reader_that_does_not_begin_is_not_waited_for)
{
        uint64_t begin_ns;

        begin();
        ask_for_two();
        begin_ns = frames_now();
        cr_assert_not(measure_ask(&recorder));
        cr_expect_geq(frames_now() - begin_ns, 30 * MS);
        measure_end();
        cr_expect(turn_is(SESSION_FREE));
}

static void *begin_only(void *unused)
{
        while (!turn_is(SESSION_ASKED))
                usleep(100);
        turn_set(SESSION_BEGUN);
        return unused;
}

Test(measure, nor_is_one_that_does_not_end)
{
        pthread_t reader;

        begin();
        pthread_create(&reader, NULL, begin_only, NULL);
        ask_for_two();
        cr_assert_not(measure_ask(&recorder));
        measure_end();
        cr_expect(turn_is(SESSION_GIVEN_UP), "the place is the reader's to free");
        pthread_join(reader, NULL);
}

Test(measure, nobody_is_asked_who_is_gone_or_by_a_forked_child)
{
        begin();
        frames.parent_process = 1;
        cr_expect_not(measure_begin());
        frames.parent_process = 0;
        atomic_store(&((struct session_header *)base)->reader_pid, 0);
        cr_expect_not(measure_begin());
}
