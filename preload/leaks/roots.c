/* From the mappings of the process, what is ours, and what is known of its threads, to the roots of a scan.
 *
 * A root is any memory that the program can write to and that is its alone: the data of all modules, what it has
 * mapped, the stacks from where their threads stand outward, with the TLS and the struct pthread at their ends. Beyond
 * it, anonymous memory that it has made read-only, and anonymous memory that it shares with its children. Not among
 * them are files and devices that are shared, whatever the kernel maps, our own memory, what of a stack lies inward of
 * where its thread stands, and the stacks of ended threads that the C library keeps.
 *
 * Pages that were never written to hold no pointer to a block, so they are not read: the page map tells them.
 * That keeps large reservations cheap, and the scan away from the pages of a mapped file that lie behind its end. */
#define _GNU_SOURCE
#include "preload/leaks/roots.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "preload/annotations.h"
#include "preload/leaks/maps.h"
#include "preload/leaks/own.h"
#include "preload/leaks/pthreads.h"
#include "preload/record/modules.h"
#include "preload/record/ranges.h"
#include "preload/thread.h"

/* glibc's: where the stack of the main thread began. */
extern void *__libc_stack_end __attribute__((weak));

enum {
        ROOTS_MAX = 1 << 18,
        OWN_MAX = 1 << 17,
        PTHREADS_MAX = LEAK_THREADS_MAX,
        SPANS_MAX = 2 * PTHREADS_MAX,
        KEPT_MAX = 1 << 17,
        MODULES_MAX = 4096, /* with TLS of their own, at most */
        PAGE_BYTES = 4096,
        PAGES_AT_ONCE = 4096,
        PAGEMAP_FROM = 16 * PAGE_BYTES, /* smaller pieces are read without asking */
};
#define PAGEMAP_POPULATED (UINT64_C(3) << 62) /* present or swapped */

/* Memory that belongs to a thread, by whatever name its mapping goes. */
struct span {
        uintptr_t start, end;
        enum leak_root_kind kind;
        uint32_t tid;
};

/* One mapping for all that a scan needs here; the roots come first, and leak_roots_free gives it all back. */
struct workspace {
        struct leak_root root[ROOTS_MAX];
        struct own_range own[OWN_MAX];
        struct pthread pthread[PTHREADS_MAX];
        struct span span[SPANS_MAX];
        uintptr_t held[PTHREADS_MAX]; /* pointers that the C library has in a form that is none */
        uintptr_t kept[KEPT_MAX];     /* pointers to blocks that are in use, but not for what they hold */
        uintptr_t registers[LEAK_SAVED_REGISTERS];
        char maps[LEAK_BUFFER_BYTES];
        uint64_t pages[PAGES_AT_ONCE];
};

struct collector {
        struct workspace *space;
        struct leak_roots *roots;
        const struct leak_stop *stop; /* NULL: there is nobody else */
        struct leak_self self;
        uint32_t self_tid, main_tid;
        struct own own;
        size_t pthreads, spans, held, kept;
        int pagemap;     /* negative: it cannot be read */
        bool of_file;    /* the mapping at hand is one of a file: it may reach behind the file's end */
        bool skip_pages; /* and what of it is not populated is not read */
};

/* --- one root after the other ------------------------------------------------------------------------------------ */

static void root_add(struct collector *collector, uintptr_t start, uintptr_t end, enum leak_root_kind kind,
                     uint32_t tid)
{
        struct leak_roots *roots = collector->roots;

        start = (start + 7) & ~(uintptr_t)7;
        end &= ~(uintptr_t)7;
        if (start >= end)
                return;
        if (roots->count == roots->max) {
                roots->incomplete = true;
                return;
        }
        roots->root[roots->count++] = (struct leak_root){start, end, kind, tid};
}

/* The runs of populated pages among those of [start, end), which lie in one reading of the page map. */
static void root_add_pages(struct collector *collector, uintptr_t start, uintptr_t end, const struct span *as)
{
        const uint64_t *pages = collector->space->pages;
        uintptr_t first = start / PAGE_BYTES, run = 0;
        size_t count = (end - 1) / PAGE_BYTES - first + 1;

        for (size_t i = 0; i <= count; i++) {
                bool populated = i < count && pages[i] & PAGEMAP_POPULATED;
                uintptr_t at = i == 0 ? start : i == count ? end : (first + i) * PAGE_BYTES;

                if (populated && !run)
                        run = at;
                else if (!populated && run) {
                        root_add(collector, run, at, as->kind, as->tid);
                        run = 0;
                }
        }
}

static bool pages_read(struct collector *collector, uintptr_t start, size_t count)
{
        long bytes = (long)(count * sizeof(uint64_t));

        return platform_syscall(SYS_pread64, collector->pagemap, (long)collector->space->pages, bytes,
                                (long)(start / PAGE_BYTES * sizeof(uint64_t)), 0, 0) == bytes;
}

/* What of [start, end) was ever written to. */
static void root_add_populated(struct collector *collector, uintptr_t start, uintptr_t end, const struct span *as)
{
        if (!collector->skip_pages || (end - start < PAGEMAP_FROM && !collector->of_file)) {
                root_add(collector, start, end, as->kind, as->tid);
                return;
        }
        for (uintptr_t next; start < end; start = next) {
                next = (start / PAGE_BYTES + PAGES_AT_ONCE) * PAGE_BYTES;
                if (next > end)
                        next = end;
                if (pages_read(collector, start, (next - 1) / PAGE_BYTES - start / PAGE_BYTES + 1))
                        root_add_pages(collector, start, next, as);
                else
                        root_add(collector, start, next, as->kind, as->tid);
        }
}

/* --- threads ----------------------------------------------------------------------------------------------------- */

static void span_add(struct collector *collector, uintptr_t start, uintptr_t end, enum leak_root_kind kind,
                     uint32_t tid)
{
        if (start < end && collector->spans < SPANS_MAX)
                collector->space->span[collector->spans++] = (struct span){start, end, kind, tid};
}

/* The first span that ends behind the address; the number of all if there is none. */
static size_t span_behind(const struct collector *collector, uintptr_t address)
{
        size_t low = 0, high = collector->spans;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (collector->space->span[middle].end <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static const struct leak_thread *stopped_thread(const struct collector *collector, uint32_t tid)
{
        for (size_t i = 0; collector->stop && i < collector->stop->count; i++)
                if (collector->stop->thread[i].tid == tid)
                        return &collector->stop->thread[i];
        return NULL;
}

/* Where the thread stands; 0: not known, so all of its stack counts. */
static uintptr_t sp_of(const struct collector *collector, uint32_t tid, bool *ret_gone)
{
        const struct leak_thread *thread;

        *ret_gone = false;
        if (tid == collector->self_tid)
                return collector->self.sp;
        thread = stopped_thread(collector, tid);
        *ret_gone = thread ? thread->state == LEAK_THREAD_GONE : !collector->stop || !collector->stop->incomplete;
        return thread && thread->state == LEAK_THREAD_STOPPED ? thread->sp - LEAK_RED_ZONE : 0;
}

static void exclude(struct collector *collector, uintptr_t start, uintptr_t end)
{
        if (start < end)
                own_add(&collector->own, (const void *)start, end - start);
}

/* What of its stack does not count. */
static void pthread_exclude(struct collector *collector, const struct pthread *pthread)
{
        bool gone = false;
        uintptr_t sp = pthread->state == PTHREAD_RUNS ? sp_of(collector, pthread->tid, &gone) : 0;

        if (!pthread->stack_end)
                return;
        if (pthread->state == PTHREAD_RUNS && !gone) {
                if (sp >= pthread->stack_start && sp < pthread->stack_end)
                        exclude(collector, pthread->stack_start, sp);
        } else if (pthread->own_stack) {
                bool rests = pthread->state != PTHREAD_CACHED;

                exclude(collector, pthread->stack_start, rests ? pthread->start : pthread->stack_end);
                exclude(collector, pthread->end, pthread->stack_end);
        }
}

static void kept_add(struct collector *collector, uintptr_t pointer)
{
        if (collector->kept < KEPT_MAX)
                collector->space->kept[collector->kept++] = pointer;
        else
                collector->roots->incomplete = true;
}

/* The table of an ended thread's dynamic TLS, and that TLS, will serve the next thread. The table is pairs of words:
 * first its length, then one for each module, where the second word is what was allocated. */
static void table_kept(struct collector *collector, uintptr_t table)
{
        const uintptr_t *word = (const uintptr_t *)table;
        struct block block;
        uintptr_t length;

        kept_add(collector, table);
        if (heap_find(word, &block) != BLOCK_FOUND)
                return;
        length = block.usable / (2 * sizeof *word);
        for (uintptr_t i = 2; i < length && i < MODULES_MAX; i++)
                if (word[2 * i + 1])
                        kept_add(collector, word[2 * i + 1]);
}

static void pthread_name(struct collector *collector, const struct pthread *pthread)
{
        uintptr_t tls = pthread->tls ? pthread->tls : pthread->start;
        uintptr_t end = pthread->stack_end ? pthread->stack_end : pthread->end;

        if (pthread->stack_end && pthread->stack_start < tls)
                span_add(collector, pthread->stack_start, tls, LEAK_ROOT_STACK, pthread->tid);
        span_add(collector, tls, end, LEAK_ROOT_TLS, pthread->tid);
        /* The thread has the address of the table's second entry. */
        if (pthread->dtv && pthread->state == PTHREAD_CACHED)
                table_kept(collector, pthread->dtv);
        else if (pthread->dtv)
                collector->space->held[collector->held++] = pthread->dtv;
}

static void pthreads_look(struct collector *collector)
{
        struct workspace *space = collector->space;
        size_t count = pthreads_list(space->pthread, PTHREADS_MAX);

        if (count > PTHREADS_MAX) {
                collector->roots->incomplete = true;
                count = PTHREADS_MAX;
        }
        collector->pthreads = count;
        for (size_t i = 0; i < count; i++) {
                pthread_exclude(collector, &space->pthread[i]);
                pthread_name(collector, &space->pthread[i]);
        }
        ranges_sort(space->span, collector->spans, sizeof *space->span);
}

/* A stack that lies in a block of ours, where no mapping of the program's is. */
static void stacks_in_blocks(struct collector *collector)
{
        for (size_t i = 0; i < collector->pthreads; i++) {
                const struct pthread *pthread = &collector->space->pthread[i];
                bool gone;
                uintptr_t sp = sp_of(collector, pthread->tid, &gone);

                if (pthread->state != PTHREAD_RUNS || pthread->own_stack || gone || !pthread->stack_end ||
                    !own_holds(&collector->own, pthread->start))
                        continue;
                if (sp < pthread->stack_start || sp >= pthread->stack_end)
                        root_add(collector, pthread->stack_start, pthread->stack_end, LEAK_ROOT_STACK, pthread->tid);
        }
}

/* A thread stands on a stack that is a block: a coroutine's, or one for signals. What lies inward is not scanned. */
static void running_in_block(struct collector *collector, uintptr_t sp, uint32_t tid)
{
        struct block block;

        if (!own_holds(&collector->own, sp) || heap_find((const void *)sp, &block) == BLOCK_FOREIGN)
                return;
        kept_add(collector, (uintptr_t)block.start);
        root_add(collector, sp, (uintptr_t)block.start + block.usable, LEAK_ROOT_STACK, tid);
}

static void running_in_blocks(struct collector *collector)
{
        const struct leak_stop *stop = collector->stop;

        running_in_block(collector, collector->self.sp, collector->self_tid);
        for (size_t i = 0; stop && i < stop->count; i++)
                if (stop->thread[i].state == LEAK_THREAD_STOPPED)
                        running_in_block(collector, stop->thread[i].sp - LEAK_RED_ZONE, stop->thread[i].tid);
}

static void registers(struct collector *collector)
{
        const struct leak_stop *stop = collector->stop;
        uintptr_t *own = collector->space->registers;

        for (unsigned i = 0; i < LEAK_SAVED_REGISTERS; i++)
                own[i] = collector->self.registers[i];
        root_add(collector, (uintptr_t)own, (uintptr_t)(own + LEAK_SAVED_REGISTERS), LEAK_ROOT_REGISTERS,
                 collector->self_tid);
        for (size_t i = 0; stop && i < stop->count; i++) {
                const struct leak_thread *thread = &stop->thread[i];

                if (thread->state != LEAK_THREAD_STOPPED)
                        continue;
                root_add(collector, thread->registers.start, thread->registers.end, LEAK_ROOT_REGISTERS, thread->tid);
                root_add(collector, thread->vectors.start, thread->vectors.end, LEAK_ROOT_REGISTERS, thread->tid);
        }
}

/* --- mappings ---------------------------------------------------------------------------------------------------- */

static bool is_root(const struct map *map)
{
        if (!map->readable || map->of == MAP_OF_KERNEL || map->of == MAP_OF_DEVICE)
                return false;
        if (map->shared)
                return map->of == MAP_OF_NOTHING;
        return map->writable || (map->of == MAP_OF_NOTHING && !map->executable);
}

/* A piece that is wholly the program's, cut where the stacks and the TLS of threads begin and end. */
static void piece(struct collector *collector, uintptr_t start, uintptr_t end, const struct span *otherwise)
{
        while (start < end) {
                size_t at = span_behind(collector, start);
                const struct span *span = at < collector->spans ? &collector->space->span[at] : NULL;
                bool inside = span && span->start <= start;
                uintptr_t next = !span ? end : inside ? span->end : span->start;

                if (next > end)
                        next = end;
                root_add_populated(collector, start, next, inside ? span : otherwise);
                start = next;
        }
}

/* The main thread's, from where it stands, if it stands there. Behind its outermost frame is the environment. */
static uintptr_t main_stack_from(const struct collector *collector, const struct map *map)
{
        bool gone;
        uintptr_t sp = sp_of(collector, collector->main_tid, &gone);

        if (gone && &__libc_stack_end)
                sp = (uintptr_t)__libc_stack_end;
        return sp > map->start && sp < map->end ? sp : map->start;
}

/* What the program has registered of the mapping, though it would be no root: shared memory, say. */
struct registered {
        struct collector *collector;
        const struct map *map;
};

static void region(void *context, uintptr_t start, uintptr_t end)
{
        const struct registered *registered = context;
        const struct map *map = registered->map;

        root_add(registered->collector, start > map->start ? start : map->start, end < map->end ? end : map->end,
                 LEAK_ROOT_DATA, 0);
}

static void regions(struct collector *collector, const struct map *map)
{
        struct registered registered = {collector, map};

        annotations_regions_each(region, &registered);
}

static void mapping(struct collector *collector, const struct map *map, bool is_data)
{
        struct span as = {.kind = is_data ? LEAK_ROOT_DATA : LEAK_ROOT_MAPPING};
        uintptr_t start = map->start, from, to;

        /* The page tables of shared memory are not inherited. */
        collector->skip_pages = collector->pagemap >= 0 && !map->shared;
        collector->of_file = map->of == MAP_OF_FILE;
        if (map->of == MAP_OF_STACK) {
                as.kind = LEAK_ROOT_STACK;
                as.tid = collector->main_tid;
                start = main_stack_from(collector, map);
        }
        for (; own_outside(&collector->own, start, map->end, &from, &to); start = to)
                piece(collector, from, to, &as);
}

/* Anonymous memory behind the data of a module is data without a value in its file, up to the module's end; what the
 * program has mapped right behind that is the same mapping to the kernel. */
static uintptr_t data_up_to(const struct map *map, uintptr_t data_end)
{
        uintptr_t end;

        if (map->of != MAP_OF_NOTHING)
                return map->of == MAP_OF_FILE ? map->end : map->start;
        if (map->start != data_end)
                return map->start;
        end = (modules_map_end(data_end - 1) + STEP_PAGE - 1) & ~(uintptr_t)(STEP_PAGE - 1);
        return end < map->start ? map->start : end < map->end ? end : map->end;
}

static void data_and_mapping(struct collector *collector, const struct map *map, uintptr_t data_end)
{
        struct map part = *map;

        part.end = data_end;
        if (part.start < part.end)
                mapping(collector, &part, true);
        part.start = data_end;
        part.end = map->end;
        if (part.start < part.end)
                mapping(collector, &part, false);
}

/* The program has taken away the right to read from a part of a block: the guard of a coroutine's stack, say. */
static void hole(struct collector *collector, const struct map *map)
{
        uintptr_t from = map->start, to = from;

        if (!own_outside(&collector->own, map->start, map->end, &from, &to) || from != map->start || to != map->end)
                root_add(collector, map->start, map->end, LEAK_ROOT_HOLE, 0);
}

static bool mappings(struct collector *collector)
{
        uintptr_t data_end = 0;
        struct maps maps;
        struct map map;

        if (!maps_open(&maps, collector->space->maps, sizeof collector->space->maps))
                return false;
        while (maps_next(&maps, &map)) {
                uintptr_t up_to = data_up_to(&map, data_end);

                if (is_root(&map))
                        data_and_mapping(collector, &map, up_to);
                else if (!map.readable)
                        hole(collector, &map);
                else if (map.of != MAP_OF_KERNEL)
                        regions(collector, &map);
                if (map.writable && up_to == map.end)
                        data_end = map.end;
        }
        maps_close(&maps);
        return true;
}

/* --- all together ------------------------------------------------------------------------------------------------ */

static void moving(void *context, uintptr_t start, uintptr_t end)
{
        root_add(context, start, end, LEAK_ROOT_MAPPING, 0);
}

static bool collect(struct collector *collector)
{
        struct workspace *space = collector->space;
        bool known;

        collector->own = (struct own){.range = space->own, .max = OWN_MAX};
        own_collect(&collector->own);
        own_add(&collector->own, space, sizeof *space);
        pthreads_look(collector);
        own_sort(&collector->own);
        collector->pagemap = maps_open_own("pagemap");
        known = mappings(collector);
        if (collector->pagemap >= 0)
                platform_syscall(SYS_close, collector->pagemap, 0, 0, 0, 0, 0);
        stacks_in_blocks(collector);
        running_in_blocks(collector);
        registers(collector);
        root_add(collector, (uintptr_t)space->held, (uintptr_t)(space->held + collector->held), LEAK_ROOT_TLS, 0);
        root_add(collector, (uintptr_t)space->kept, (uintptr_t)(space->kept + collector->kept), LEAK_ROOT_KEPT, 0);
        threads_moving_each(moving, collector);
        collector->roots->incomplete |= collector->own.incomplete;
        return known;
}

bool leak_roots_collect(struct leak_roots *roots, const struct leak_stop *stop)
{
        struct collector collector = {.roots = roots, .stop = stop};
        void *space = mmap(NULL, sizeof *collector.space, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (space == MAP_FAILED)
                return false;
        collector.space = space;
        collector.self_tid = stop ? stop->self_tid : (uint32_t)platform_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
        collector.main_tid = stop ? stop->pid : (uint32_t)platform_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
        if (stop)
                collector.self = stop->self;
        else
                leak_self_here(&collector.self);
        *roots =
                (struct leak_roots){.root = collector.space->root, .max = ROOTS_MAX, .threads = collector.self.sp != 0};
        if (stop) {
                roots->incomplete = stop->incomplete;
                roots->threads_silent = stop->silent;
                for (size_t i = 0; i < stop->count; i++)
                        roots->threads += stop->thread[i].state != LEAK_THREAD_GONE;
        }
        return collect(&collector);
}

void leak_roots_free(struct leak_roots *roots)
{
        if (roots->root)
                munmap(roots->root, sizeof(struct workspace));
        roots->root = NULL;
}
