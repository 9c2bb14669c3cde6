/* What is resident of a process is found by page, and all of it is accounted for. */
#include "analyzer/input/resident.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/input/session.h"
#include "wire/session.h"

enum { PAGE = SESSION_PAGE_BYTES, PAGES = 200, FREE_PAGES = 100 };

static char *base, *memory;
static ino_t inode;

/* Ranges over all but the last FREE_PAGES of `memory`; its pages 3, 70 to 79 and 150 are touched. */
static void begin(void)
{
        struct stat facts;
        int file = memfd_create("session", MFD_CLOEXEC);

        cr_assert(file >= 0 && ftruncate(file, SESSION_BYTES) == 0 && fstat(file, &facts) == 0);
        inode = facts.st_ino;
        base = mmap(NULL, SESSION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        cr_assert(base != MAP_FAILED && memory != MAP_FAILED);
        madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
        memory[3 * PAGE] = memory[150 * PAGE] = 1;
        memset(memory + 70 * PAGE, 1, 10 * PAGE);

        struct session_range *range = session_ranges(base);
        uint64_t start = (uintptr_t)memory;

        range[0] = (struct session_range){start, start + 72 * PAGE, 0, 0};
        range[1] = (struct session_range){start + 72 * PAGE, start + (PAGES - FREE_PAGES) * PAGE, SESSION_NO_WORDS, 0};
        session_measure(base)->range_count = 2;
}

static bool bit(unsigned page)
{
        return session_page_words(base)[page / 64] >> (page % 64) & 1;
}

Test(resident, pages_are_found_in_ranges_and_the_rest_is_added_up)
{
        const struct session_measure *measure;

        begin();
        measure = session_measure(base);
        cr_assert(resident_answer((uint32_t)getpid(), inode, base));
        cr_assert_eq(session_ranges(base)[0].pages, 3);
        cr_assert_eq(session_ranges(base)[1].pages, 8);
        for (unsigned i = 0; i < 128; i++)
                cr_assert_eq(bit(i), i == 3 || i == 70 || i == 71, "page %u", i);
        cr_assert_eq(measure->rss, measure->files + measure->stack + measure->anonymous + 11 * PAGE);
        cr_assert(measure->files && measure->stack && measure->anonymous);
}

Test(resident, what_is_next_to_a_range_is_the_programs)
{
        uint64_t before;

        begin();
        cr_assert(resident_answer((uint32_t)getpid(), inode, base));
        before = session_measure(base)->anonymous;
        memset(memory + 160 * PAGE, 1, 32 * PAGE);
        cr_assert(resident_answer((uint32_t)getpid(), inode, base));
        cr_assert_geq(session_measure(base)->anonymous, before + 32 * PAGE);
        cr_assert_eq(session_ranges(base)[1].pages, 8);
}

Test(resident, pages_of_zeros_that_were_only_read_do_not_count)
{
        begin();
        cr_assert_eq(((volatile char *)memory)[10 * PAGE], 0);
        cr_assert(resident_answer((uint32_t)getpid(), inode, base));
        if (bit(10))
                cr_skip_test("this kernel does not tell");
        cr_assert_eq(session_ranges(base)[0].pages, 3);
}

Test(resident, nonsense_gives_no_answer)
{
        begin();
        cr_assert_not(resident_answer((uint32_t)getpid(), inode + 1, base), "another process");
        cr_assert_not(resident_answer(0, inode, base), "none");
        session_ranges(base)[1].start -= PAGE;
        cr_assert_not(resident_answer((uint32_t)getpid(), inode, base), "ranges that overlap");
        session_ranges(base)[1].start += PAGE;
        session_ranges(base)[0].word = SESSION_PAGE_WORDS - 1;
        cr_assert_not(resident_answer((uint32_t)getpid(), inode, base), "bits behind the end");
        session_ranges(base)[0].word = 0;
        session_measure(base)->range_count = SESSION_RANGES + 1;
        cr_assert_not(resident_answer((uint32_t)getpid(), inode, base), "too many ranges");
}

Test(resident, a_process_is_answered_when_it_has_asked)
{
        _Atomic uint64_t *state;
        struct session session = {.base = NULL};
        uint64_t pid = (uint64_t)getpid() << 8;

        begin();
        session.base = base;
        session.inode = inode;
        state = &session_measure(base)->state;
        atomic_store(state, pid | SESSION_CLAIMED);
        session_answer(&session);
        cr_assert_eq(atomic_load(state), pid | SESSION_CLAIMED);
        atomic_store(state, pid | SESSION_ASKED);
        session_answer(&session);
        cr_assert_eq(atomic_load(state), pid | SESSION_ANSWERED);
        cr_assert(session_measure(base)->known);
}
