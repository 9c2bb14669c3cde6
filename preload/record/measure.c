/* The process stands still while the analyzer looks at it, but not for long: a reader that does not begin within
 * BEGIN_NS, or is not done within DONE_NS, is not waited for. */
#include "preload/record/measure.h"

#include "preload/platform.h"
#include "preload/record/channel.h"
#include "preload/record/frames.h"
#include "preload/record/ranges.h"
#include "wire/session.h"

enum { BEGIN_NS = 30000000, DONE_NS = 500000000 };

static struct {
        void *session; /* NULL: not begun */
        uint64_t pid;  /* as it stands in the state */
        size_t range_count, words;
        bool full; /* more ranges than there is room for */
} measure;

static bool turn_change(enum session_turn from, enum session_turn to)
{
        uint64_t state = measure.pid | from;

        /* Release: the analyzer sees the ranges. Acquire: we see its answer. */
        return atomic_compare_exchange_strong_explicit(&session_measure(measure.session)->state, &state,
                                                       measure.pid | to, memory_order_acq_rel, memory_order_relaxed);
}

bool measure_begin(void)
{
        uint64_t none = SESSION_FREE, end_ns = frames_now() + BEGIN_NS;
        struct session_header *session = channel_session();

        if (!session || frames.parent_process)
                return false;
        measure.session = session;
        measure.pid = (uint64_t)channel_pid() << 8;
        measure.range_count = measure.words = 0;
        measure.full = false;
        /* Acquire: what the last one did with the place is done. */
        while (!atomic_compare_exchange_weak_explicit(&session_measure(session)->state, &none,
                                                      measure.pid | SESSION_CLAIMED, memory_order_acquire,
                                                      memory_order_relaxed)) {
                none = SESSION_FREE;
                if (!atomic_load(&session->reader_pid) || frames_now() > end_ns) {
                        measure.session = NULL;
                        return false;
                }
                platform_pause();
        }
        return true;
}

void measure_range(const void *start, size_t bytes, enum measure_detail detail)
{
        const uintptr_t mask = SESSION_PAGE_BYTES - 1;
        uintptr_t first = (uintptr_t)start & ~mask, end = ((uintptr_t)start + bytes + mask) & ~mask;
        size_t words = detail == MEASURE_PAGES ? ((end - first) / SESSION_PAGE_BYTES + 63) / 64 : 0;

        if (measure.range_count == SESSION_RANGES || words > SESSION_PAGE_WORDS - measure.words) {
                measure.full = true;
                return;
        }
        session_ranges(measure.session)[measure.range_count++] = (struct session_range){
                first, end, detail == MEASURE_PAGES ? (uint32_t)measure.words : SESSION_NO_WORDS, 0};
        measure.words += words;
}

/* The reader sleeps until something comes through the pipe. With it goes what the recorder had to tell. */
static void wake_reader(struct recorder *recorder)
{
        recorder->way = CHANNEL_PIPE_OR_HAND;
        frames_room(recorder, ENCODE_HOT_BYTES_MAX);
        if (frames_begun(recorder))
                encode_tick(&recorder->encode, 0);
        frames_send(recorder);
}

static bool wait_for_answer(void)
{
        _Atomic uint64_t *state = &session_measure(measure.session)->state;
        uint64_t begin_ns = frames_now();

        for (;;) {
                /* Acquire: pairs with the analyzer's release of its answer. */
                uint64_t turn = atomic_load_explicit(state, memory_order_acquire) & 0xff;
                uint64_t waited_ns = frames_now() - begin_ns;

                if (turn == SESSION_ANSWERED)
                        return true;
                if (turn == SESSION_ASKED && waited_ns > BEGIN_NS && turn_change(SESSION_ASKED, SESSION_CLAIMED))
                        return false;
                if (turn == SESSION_BEGUN && waited_ns > DONE_NS && turn_change(SESSION_BEGUN, SESSION_GIVEN_UP)) {
                        measure.session = NULL;
                        return false;
                }
                platform_pause();
        }
}

bool measure_ask(struct recorder *recorder)
{
        if (measure.full)
                return false;
        ranges_sort(session_ranges(measure.session), measure.range_count, sizeof(struct session_range));
        session_measure(measure.session)->range_count = (uint32_t)measure.range_count;
        turn_change(SESSION_CLAIMED, SESSION_ASKED);
        wake_reader(recorder);
        return wait_for_answer() && session_measure(measure.session)->known;
}

void measure_end(void)
{
        if (measure.session)
                /* Release: pairs with measure_begin. */
                atomic_store_explicit(&session_measure(measure.session)->state, SESSION_FREE, memory_order_release);
        measure.session = NULL;
}

static const struct session_range *range_of(uintptr_t address)
{
        const struct session_range *range = session_ranges(measure.session);
        size_t low = 0, high = measure.range_count;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (range[middle].end <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < measure.range_count && range[low].start <= address ? &range[low] : NULL;
}

const uint64_t *measure_pages(const void *start)
{
        const struct session_range *range = range_of((uintptr_t)start);

        if (!range || range->word == SESSION_NO_WORDS)
                return NULL;
        return session_page_words(measure.session) + range->word +
               ((uintptr_t)start - range->start) / SESSION_PAGE_BYTES / 64;
}

size_t measure_resident(const void *start, size_t bytes)
{
        uintptr_t at = (uintptr_t)start, end = at + bytes;
        const struct session_range *range = range_of(at);
        size_t resident = 0;

        if (!range)
                return 0;
        if (range->word == SESSION_NO_WORDS)
                return range->start == at ? (size_t)range->pages * SESSION_PAGE_BYTES : 0;

        const uint64_t *words = session_page_words(measure.session) + range->word;

        for (uintptr_t next; at < end && at < range->end; at = next) {
                size_t page = (at - range->start) / SESSION_PAGE_BYTES;

                next = (at | (SESSION_PAGE_BYTES - 1)) + 1;
                if (words[page / 64] >> (page % 64) & 1)
                        resident += (next < end ? next : end) - at;
        }
        return resident;
}

struct measure_rest measure_rest(void)
{
        const struct session_measure *answer = session_measure(measure.session);

        return (struct measure_rest){answer->rss, answer->files, answer->stack, answer->anonymous};
}
