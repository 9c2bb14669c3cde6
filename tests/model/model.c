/* The runtime that instrumented code calls, the scheduler and the search. See model.h. */
#include "tests/model/model.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
        STACK_BYTES = 1 << 18,
        PLACES_MAX = 1 << 14,   /* atomics known by address */
        SHARED_MAX = 160,       /* atomics that several threads use */
        MESSAGES_MAX = 96,      /* values of one atomic in one run */
        LOG_MAX = 1 << 16,      /* cells written in one run */
        SHADOW_CELLS = 1 << 15, /* addresses touched in one run */
        CHOICES_MAX = 4096,
        STEPS_MAX = 2000, /* of one run; more is an endless loop */
        TRACE_MAX = 4096,
        NO_BOX = MODEL_BOXES,
};

/* --- the threads -------------------------------------------------------------------------------------------------- */

/* What a thread must know: of each shared atomic the least index of the value that it may still read. */
struct view {
        uint8_t least[SHARED_MAX];
};

/* How far each thread's steps are known, for races. */
struct clock {
        uint16_t step[MODEL_THREADS_MAX];
};

struct knowledge {
        struct view view;
        struct clock clock;
};

struct coroutine {
        void *stack_pointer;
        bool ended;
        unsigned box;                             /* it waits for, or NO_BOX */
        uint64_t history;                         /* of all it has read since model_forget */
        struct knowledge now, acquired, released; /* acquired: by relaxed loads, for a fence to come */
};

static char stacks[MODEL_THREADS_MAX][STACK_BYTES] __attribute__((aligned(4096)));
static struct coroutine coroutine[MODEL_THREADS_MAX];
static struct coroutine *current; /* NULL: set-up, or the end of a run */
static void *scheduler_stack_pointer;
static jmp_buf run_ends;

static struct {
        void *what;
        bool full;
        struct knowledge knowledge;
} box[MODEL_BOXES];

/* --- the run and the search ----------------------------------------------------------------------------------------
 */

static const struct model *model;
static bool exploring, stale_loads;
static struct {
        uint8_t count, taken;
} choice[CHOICES_MAX];
static unsigned choices, choice_next;
static const char *trouble;
static struct model_result result;
static bool restart; /* an atomic turned out to be shared */

uint64_t model_extra;

static struct {
        uint8_t thread;
        const char *what;
        void *address, *pc;
        uint64_t value;
} trace[TRACE_MAX];
static unsigned traced;

__asm__(".text\n"
        "model_switch:\n" /* (void **ret_from, void *to) */
        "        push %rbp\n        push %rbx\n        push %r12\n        push %r13\n        push %r14\n        push "
        "%r15\n"
        "        mov %rsp, (%rdi)\n"
        "        mov %rsi, %rsp\n"
        "        pop %r15\n        pop %r14\n        pop %r13\n        pop %r12\n        pop %rbx\n        pop %rbp\n"
        "        ret\n");
extern void model_switch(void **ret_from, void *to);

_Noreturn void model_fail(const char *what)
{
        if (!trouble)
                trouble = what;
        longjmp(run_ends, 1);
}

static unsigned thread_number(void)
{
        return (unsigned)(current - coroutine);
}

static void trace_add(const char *what, void *address, uint64_t value, void *pc)
{
        if (traced == TRACE_MAX)
                return;
        trace[traced].thread = current ? (uint8_t)thread_number() : 9;
        trace[traced].what = what;
        trace[traced].address = address;
        trace[traced].value = value;
        trace[traced++].pc = pc;
}

void model_print_trace(void)
{
        for (unsigned i = 0; i < traced; i++)
                fprintf(stderr, "%*s%u: %s %p = %#llx at %p\n", trace[i].thread == 9 ? 0 : trace[i].thread * 4, "",
                        trace[i].thread, trace[i].what, trace[i].address, (unsigned long long)trace[i].value,
                        trace[i].pc);
}

static unsigned choose(unsigned count)
{
        if (choice_next == choices) {
                if (choices == CHOICES_MAX)
                        model_fail("more choices in one run than the checker keeps");
                choice[choices].count = (uint8_t)count;
                choice[choices++].taken = 0;
        }
        return choice[choice_next++].taken;
}

/* --- plain memory: the log of old values, and a hash of what differs from the beginning ----------------------------
 */

static struct {
        uint64_t *cell, old;
} written[LOG_MAX];
static unsigned written_count, written_settled;
static uint64_t memory_hash;

static bool is_stack(const void *address)
{
        return (uintptr_t)address - (uintptr_t)stacks < sizeof stacks;
}

static void settle(void)
{
        for (; written_settled < written_count; written_settled++)
                memory_hash ^= model_mix((uintptr_t)written[written_settled].cell, written[written_settled].old) ^
                               model_mix((uintptr_t)written[written_settled].cell, *written[written_settled].cell);
}

static void log_write(void *address, size_t bytes)
{
        uintptr_t first = (uintptr_t)address & ~(uintptr_t)7, last = ((uintptr_t)address + bytes - 1) & ~(uintptr_t)7;

        for (uintptr_t at = first; at <= last; at += 8) {
                unsigned i = written_settled;

                while (i < written_count && written[i].cell != (uint64_t *)at)
                        i++;
                if (i < written_count)
                        continue;
                if (written_count == LOG_MAX)
                        model_fail("more writes in one run than the checker keeps");
                written[written_count].cell = (uint64_t *)at;
                written[written_count++].old = *(uint64_t *)at;
        }
}

static void undo_writes(void)
{
        while (written_count)
                written_count--, *written[written_count].cell = written[written_count].old;
        written_settled = 0;
        memory_hash = 0;
}

static uint64_t value_at(const void *address, size_t bytes)
{
        uint64_t value = 0;

        memcpy(&value, address, bytes < 8 ? bytes : 8);
        return value;
}

/* --- races ----------------------------------------------------------------------------------------------------------
 */

enum access { PLAIN_READ, PLAIN_WRITE, ATOMIC_READ, ATOMIC_WRITE, ACCESSES };
static const uint8_t conflicts[ACCESSES] = {
        [PLAIN_READ] = 1 << PLAIN_WRITE | 1 << ATOMIC_WRITE,
        [PLAIN_WRITE] = 1 << PLAIN_READ | 1 << PLAIN_WRITE | 1 << ATOMIC_READ | 1 << ATOMIC_WRITE,
        [ATOMIC_READ] = 1 << PLAIN_WRITE,
        [ATOMIC_WRITE] = 1 << PLAIN_READ | 1 << PLAIN_WRITE,
};

/* Of each address at which an access of up to eight bytes has begun; a longer one begins at all of its bytes. */
static struct shadow {
        uintptr_t address;
        uint64_t run;
        uint16_t last[ACCESSES][MODEL_THREADS_MAX]; /* the step of each thread's last access */
} shadow[SHADOW_CELLS];
static uint64_t run_number;

static struct shadow *shadow_of(uintptr_t address)
{
        size_t i = model_mix(address, 0) % SHADOW_CELLS;

        for (unsigned probes = 0; probes < SHADOW_CELLS; probes++, i = (i + 1) % SHADOW_CELLS) {
                if (shadow[i].run != run_number) {
                        memset(&shadow[i], 0, sizeof shadow[i]);
                        shadow[i].run = run_number;
                        shadow[i].address = address;
                }
                if (shadow[i].address == address)
                        return &shadow[i];
        }
        model_fail("more memory touched in one run than the checker keeps");
}

static void check_race(void *address, size_t bytes, enum access access, void *pc)
{
        for (size_t at = 0; at < (bytes > 8 ? bytes : 1); at++) {
                struct shadow *s = shadow_of((uintptr_t)address + at);

                for (unsigned a = 0; a < ACCESSES; a++)
                        for (unsigned t = 0; t < model->threads && conflicts[access] >> a & 1; t++)
                                if (&coroutine[t] != current && s->last[a][t] > current->now.clock.step[t]) {
                                        trace_add("race with", address, a * 10 + t, pc);
                                        model_fail("a race: nothing orders two accesses, one of them plain");
                                }
                s->last[access][thread_number()] = current->now.clock.step[thread_number()];
        }
}

static void plain_read(void *address, size_t bytes, void *pc)
{
        if (!current || is_stack(address))
                return;
        check_race(address, bytes, PLAIN_READ, pc);
        for (size_t at = 0; at < bytes; at += 8)
                current->history =
                        model_mix(current->history, value_at((char *)address + at, bytes - at < 8 ? bytes - at : 8));
}

static void plain_write(void *address, size_t bytes, void *pc)
{
        if (!exploring || is_stack(address))
                return;
        log_write(address, bytes);
        if (current)
                check_race(address, bytes, PLAIN_WRITE, pc);
}

/* --- atomics --------------------------------------------------------------------------------------------------------
 */

struct message {
        uint64_t value;
        struct knowledge knowledge; /* what an acquiring load learns */
};

static struct shared {
        void *address;
        size_t bytes;
        uint64_t run; /* in which its list was begun */
        unsigned messages;
        struct message message[MESSAGES_MAX];
} shared[SHARED_MAX];
static unsigned shared_count;

/* All atomics that any run has touched; kept from run to run. */
static struct place {
        void *address;
        uint8_t readers, writers; /* threads, as bits */
        struct shared *shared;
} place[PLACES_MAX];

static struct place *place_of(void *address)
{
        size_t i = model_mix((uintptr_t)address, 1) % PLACES_MAX;

        while (place[i].address && place[i].address != address)
                i = (i + 1) % PLACES_MAX;
        place[i].address = address;
        return &place[i];
}

static void view_join(struct view *view, const struct view *other)
{
        for (unsigned i = 0; i < SHARED_MAX; i++)
                if (view->least[i] < other->least[i])
                        view->least[i] = other->least[i];
}

static void learn(struct knowledge *knowledge, const struct knowledge *other)
{
        view_join(&knowledge->view, &other->view);
        for (unsigned t = 0; t < MODEL_THREADS_MAX; t++)
                if (knowledge->clock.step[t] < other->clock.step[t])
                        knowledge->clock.step[t] = other->clock.step[t];
}

/* Back to the scheduler, until it is this thread's turn. */
static void pause_here(void)
{
        model_switch(&current->stack_pointer, scheduler_stack_pointer);
        current->now.clock.step[thread_number()]++;
}

/* An access is about to be made: notes who uses the atomic, and lets the others go on first if several do. */
static struct shared *meet(void *address, size_t bytes, bool write)
{
        struct place *at = place_of(address);
        uint8_t bit = (uint8_t)(1 << thread_number());

        at->readers |= bit;
        if (write)
                at->writers |= bit;
        if (!at->shared && at->writers && (at->readers & (at->readers - 1))) {
                if (shared_count == SHARED_MAX)
                        model_fail("more atomics are shared than the checker keeps");
                at->shared = &shared[shared_count++];
                at->shared->address = address;
                at->shared->bytes = bytes;
                restart = true;
                longjmp(run_ends, 1);
        }
        if (!at->shared)
                return NULL;
        if (at->shared->bytes != bytes)
                model_fail("an atomic is accessed in two sizes");
        pause_here();

        struct shared *s = at->shared;

        if (s->run != run_number) {
                s->run = run_number;
                s->messages = 1;
                memset(&s->message[0], 0, sizeof s->message[0]);
                s->message[0].value = value_at(address, bytes);
        }
        return s;
}

static bool is_acquire(int order)
{
        return order == __ATOMIC_ACQUIRE || order == __ATOMIC_CONSUME || order == __ATOMIC_ACQ_REL ||
               order == __ATOMIC_SEQ_CST;
}

static bool is_release(int order)
{
        return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

static void see(struct shared *s, unsigned index, int order)
{
        const struct message *message = &s->message[index];

        current->now.view.least[s - shared] = (uint8_t)index;
        learn(is_acquire(order) ? &current->now : &current->acquired, &message->knowledge);
}

static void append(struct shared *s, uint64_t value, int order, const struct message *before)
{
        struct message *message = &s->message[s->messages];

        if (s->messages == MESSAGES_MAX)
                model_fail("more values of one atomic in one run than the checker keeps");
        message->value = value;
        message->knowledge = is_release(order) ? current->now : current->released;
        if (before) /* it continues the release sequence */
                learn(&message->knowledge, &before->knowledge);
        message->knowledge.view.least[s - shared] = (uint8_t)s->messages;
        current->now.view.least[s - shared] = (uint8_t)s->messages++;
        if (is_release(order)) /* what comes later in this step is not known to who acquires */
                current->now.clock.step[thread_number()]++;
}

static uint64_t atomic_load_any(void *address, size_t bytes, int order, void *pc)
{
        uint64_t value = value_at(address, bytes);

        if (!current || is_stack(address))
                return value;

        struct shared *s = meet(address, bytes, false);

        check_race(address, bytes, ATOMIC_READ, pc);
        value = value_at(address, bytes);
        if (s) {
                unsigned least = current->now.view.least[s - shared], index = s->messages - 1;

                if (stale_loads && least < index)
                        index -= choose(index - least + 1);
                see(s, index, order);
                value = s->message[index].value;
                trace_add("load", address, value, pc);
        }
        current->history = model_mix(current->history, value);
        return value;
}

static void put(void *address, size_t bytes, uint64_t value)
{
        if (exploring)
                log_write(address, bytes);
        memcpy(address, &value, bytes);
}

static void atomic_store_any(void *address, size_t bytes, uint64_t value, int order, void *pc)
{
        if (!current || is_stack(address)) {
                if (is_stack(address))
                        memcpy(address, &value, bytes);
                else
                        put(address, bytes, value);
                return;
        }

        struct shared *s = meet(address, bytes, true);

        check_race(address, bytes, ATOMIC_WRITE, pc);
        put(address, bytes, value);
        if (s) {
                /* Where the thread stands is a part of the state, too. */
                current->history = model_mix(current->history, 1);
                append(s, value, order, NULL);
                trace_add("store", address, value, pc);
        }
}

/* The beginning of a read-modify-write: the last value. */
static uint64_t modify_begin(void *address, size_t bytes, struct shared **ret_shared)
{
        *ret_shared = current && !is_stack(address) ? meet(address, bytes, true) : NULL;
        return value_at(address, bytes);
}

static void modify_end(void *address, size_t bytes, struct shared *s, uint64_t value, int order, void *pc)
{
        uint64_t before = value_at(address, bytes);

        if (current && !is_stack(address))
                check_race(address, bytes, ATOMIC_WRITE, pc);
        put(address, bytes, value);
        if (s) {
                see(s, s->messages - 1, order);
                append(s, value, order, &s->message[s->messages - 1]);
                trace_add("change", address, value, pc);
        }
        if (current)
                current->history = model_mix(current->history, before);
}

static bool atomic_compare_exchange_any(void *address, size_t bytes, void *expected, uint64_t value, int order,
                                        int order_failure, void *pc)
{
        struct shared *s;
        uint64_t before = modify_begin(address, bytes, &s), mask = bytes == 8 ? ~0ull : (1ull << 8 * bytes) - 1;

        if (before == value_at(expected, bytes)) {
                modify_end(address, bytes, s, value & mask, order, pc);
                return true;
        }
        if (current && !is_stack(address)) {
                check_race(address, bytes, ATOMIC_READ, pc);
                current->history = model_mix(current->history, before);
        }
        if (s) {
                see(s, s->messages - 1, order_failure);
                trace_add("no change", address, before, pc);
        }
        memcpy(expected, &before, bytes);
        return false;
}

/* --- what the compiler calls -----------------------------------------------------------------------------------------
 */

#define PC    __builtin_return_address(0)
#define ENTRY __attribute__((used, visibility("default")))
#define PLAIN(bytes)                                                                                                   \
        ENTRY void __tsan_read##bytes(void *a);                                                                        \
        void __tsan_read##bytes(void *a)                                                                               \
        {                                                                                                              \
                plain_read(a, bytes, PC);                                                                              \
        }                                                                                                              \
        ENTRY void __tsan_write##bytes(void *a);                                                                       \
        void __tsan_write##bytes(void *a)                                                                              \
        {                                                                                                              \
                plain_write(a, bytes, PC);                                                                             \
        }                                                                                                              \
        ENTRY void __tsan_unaligned_read##bytes(void *a);                                                              \
        void __tsan_unaligned_read##bytes(void *a)                                                                     \
        {                                                                                                              \
                plain_read(a, bytes, PC);                                                                              \
        }                                                                                                              \
        ENTRY void __tsan_unaligned_write##bytes(void *a);                                                             \
        void __tsan_unaligned_write##bytes(void *a)                                                                    \
        {                                                                                                              \
                plain_write(a, bytes, PC);                                                                             \
        }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

ENTRY void __tsan_read_range(void *a, size_t bytes);
void __tsan_read_range(void *a, size_t bytes)
{
        plain_read(a, bytes, PC);
}
ENTRY void __tsan_write_range(void *a, size_t bytes);
void __tsan_write_range(void *a, size_t bytes)
{
        plain_write(a, bytes, PC);
}
ENTRY void __tsan_init(void);
void __tsan_init(void)
{
}
ENTRY void __tsan_func_entry(void *pc);
void __tsan_func_entry(void *pc)
{
        (void)pc;
}
ENTRY void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

#define CHANGE(type, bits, name, after)                                                                                \
        ENTRY type __tsan_atomic##bits##_##name(type *a, type v, int order);                                           \
        type __tsan_atomic##bits##_##name(type *a, type v, int order)                                                  \
        {                                                                                                              \
                struct shared *s;                                                                                      \
                type before = (type)modify_begin(a, sizeof(type), &s);                                                 \
                                                                                                                       \
                modify_end(a, sizeof(type), s, (type)(after), order, PC);                                              \
                return before;                                                                                         \
        }
#define ATOMIC(type, bits)                                                                                             \
        ENTRY type __tsan_atomic##bits##_load(type *a, int order);                                                     \
        type __tsan_atomic##bits##_load(type *a, int order)                                                            \
        {                                                                                                              \
                return (type)atomic_load_any(a, sizeof(type), order, PC);                                              \
        }                                                                                                              \
        ENTRY void __tsan_atomic##bits##_store(type *a, type v, int order);                                            \
        void __tsan_atomic##bits##_store(type *a, type v, int order)                                                   \
        {                                                                                                              \
                atomic_store_any(a, sizeof(type), v, order, PC);                                                       \
        }                                                                                                              \
        ENTRY int __tsan_atomic##bits##_compare_exchange_strong(type *a, type *e, type v, int order, int no);          \
        int __tsan_atomic##bits##_compare_exchange_strong(type *a, type *e, type v, int order, int no)                 \
        {                                                                                                              \
                return atomic_compare_exchange_any(a, sizeof(type), e, v, order, no, PC);                              \
        }                                                                                                              \
        ENTRY int __tsan_atomic##bits##_compare_exchange_weak(type *a, type *e, type v, int order, int no);            \
        int __tsan_atomic##bits##_compare_exchange_weak(type *a, type *e, type v, int order, int no)                   \
        {                                                                                                              \
                return atomic_compare_exchange_any(a, sizeof(type), e, v, order, no, PC);                              \
        }                                                                                                              \
        CHANGE(type, bits, exchange, v)                                                                                \
        CHANGE(type, bits, fetch_add, before + v)                                                                      \
        CHANGE(type, bits, fetch_sub, before - v)                                                                      \
        CHANGE(type, bits, fetch_and, before &v)                                                                       \
        CHANGE(type, bits, fetch_or, before | v)                                                                       \
        CHANGE(type, bits, fetch_xor, before ^ v)
ATOMIC(uint8_t, 8)
ATOMIC(uint16_t, 16)
ATOMIC(uint32_t, 32)
ATOMIC(uint64_t, 64)

ENTRY void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
        if (!current)
                return;
        if (is_acquire(order))
                learn(&current->now, &current->acquired);
        if (is_release(order))
                current->released = current->now, current->now.clock.step[thread_number()]++;
}
ENTRY void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
        (void)order;
}

/* --- the kernel: nothing may be mapped in a run, since nobody could put that back ------------------------------------
 */

extern void *__real_mmap(void *, size_t, int, int, int, long);
void *__wrap_mmap(void *start, size_t bytes, int protection, int flags, int fd, long offset);
void *__wrap_mmap(void *start, size_t bytes, int protection, int flags, int fd, long offset)
{
        if (exploring)
                model_fail("the scenario needs memory from the kernel: allocate more before the runs");
        return __real_mmap(start, bytes, protection, flags, fd, offset);
}
extern int __real_munmap(void *, size_t);
int __wrap_munmap(void *start, size_t bytes);
int __wrap_munmap(void *start, size_t bytes)
{
        return exploring ? 0 : __real_munmap(start, bytes);
}
extern int __real_madvise(void *, size_t, int);
int __wrap_madvise(void *start, size_t bytes, int advice);
int __wrap_madvise(void *start, size_t bytes, int advice)
{
        return exploring ? 0 : __real_madvise(start, bytes, advice);
}
int __wrap_clock_gettime(clockid_t which, struct timespec *ret_time);
int __wrap_clock_gettime(clockid_t which, struct timespec *ret_time)
{
        (void)which;
        *ret_time = (struct timespec){1000, 0};
        return 0;
}

/* --- what the threads of a scenario call
 * ------------------------------------------------------------------------------ */

void model_forget(uint64_t known)
{
        if (current)
                current->history = known;
}

void model_send(unsigned number, void *what)
{
        pause_here();
        trace_add("send", what, number, PC);
        current->history = model_mix(current->history, 1);
        box[number].what = what;
        box[number].full = true;
        box[number].knowledge = current->now;
        current->now.clock.step[thread_number()]++;
}

void *model_receive(unsigned number)
{
        current->box = number;
        pause_here();
        current->box = NO_BOX;
        learn(&current->now, &box[number].knowledge);
        box[number].full = false;
        trace_add("receive", box[number].what, number, PC);
        current->history = model_mix(current->history, (uintptr_t)box[number].what);
        return box[number].what;
}

/* --- the search
 * -------------------------------------------------------------------------------------------------------- */

static uint64_t *visited;
static size_t visited_size, visited_count;

static void visited_clear(void)
{
        free(visited);
        visited_size = 1 << 16;
        visited = calloc(visited_size, sizeof *visited);
        visited_count = 0;
}

static bool visit(uint64_t state)
{
        size_t i;

        if (visited_count * 2 > visited_size) {
                uint64_t *old = visited;
                size_t old_size = visited_size;

                visited_size *= 2;
                visited = calloc(visited_size, sizeof *visited);
                visited_count = 0;
                for (size_t j = 0; j < old_size; j++)
                        if (old[j])
                                visit(old[j]);
                free(old);
        }
        state += !state;
        for (i = state % visited_size; visited[i]; i = (i + 1) % visited_size)
                if (visited[i] == state)
                        return false;
        visited[i] = state;
        visited_count++;
        return true;
}

/* Values that nobody can read any more do not count, nor how many there were. */
static uint64_t view_hash(uint64_t hash, const struct view *view, const uint8_t *base)
{
        for (unsigned i = 0; i < shared_count; i++)
                hash = model_mix(hash, view->least[i] > base[i] ? (unsigned)(view->least[i] - base[i]) : 0u);
        return hash;
}

static uint64_t state_hash(void)
{
        uint64_t hash = model_mix(memory_hash, model_extra);
        uint8_t base[SHARED_MAX];

        for (unsigned t = 0; t < model->threads; t++)
                hash = model_mix(hash, coroutine[t].ended ? 1 : coroutine[t].history);
        for (unsigned b = 0; b < MODEL_BOXES; b++)
                hash = model_mix(hash, box[b].full ? (uintptr_t)box[b].what : 0);
        if (!stale_loads)
                return hash;
        for (unsigned i = 0; i < shared_count; i++) {
                base[i] = UINT8_MAX;
                for (unsigned t = 0; t < model->threads; t++)
                        if (!coroutine[t].ended && base[i] > coroutine[t].now.view.least[i])
                                base[i] = coroutine[t].now.view.least[i];
                for (unsigned m = base[i]; shared[i].run == run_number && m < shared[i].messages; m++)
                        hash = model_mix(hash, shared[i].message[m].value);
        }
        for (unsigned t = 0; t < model->threads; t++) {
                if (coroutine[t].ended)
                        continue;
                hash = view_hash(hash, &coroutine[t].now.view, base);
                hash = view_hash(hash, &coroutine[t].acquired.view, base);
                hash = view_hash(hash, &coroutine[t].released.view, base);
        }
        for (unsigned i = 0; i < shared_count; i++)
                for (unsigned m = base[i]; shared[i].run == run_number && m < shared[i].messages; m++)
                        hash = view_hash(hash, &shared[i].message[m].knowledge.view, base);
        return hash;
}

static void coroutine_main(void)
{
        model->thread[thread_number()]();
        current->ended = true;
        for (;;)
                model_switch(&current->stack_pointer, scheduler_stack_pointer);
}

static void coroutine_begin(unsigned number)
{
        struct coroutine *c = &coroutine[number];
        void **top = (void **)(stacks[number] + STACK_BYTES - 64);

        memset(c, 0, sizeof *c);
        c->box = NO_BOX;
        c->history = number + 1;
        c->now.clock.step[number] = 1;
        *--top = NULL; /* what coroutine_main would return to */
        *--top = (void *)coroutine_main;
        c->stack_pointer = top - 6; /* the registers that model_switch takes */
}

/* Until the thread comes to its next operation on a shared atomic. */
static void proceed(unsigned number)
{
        current = &coroutine[number];
        model_switch(&scheduler_stack_pointer, current->stack_pointer);
        current = NULL;
        settle();
        result.steps++;
}

/* One run, along the choices made before and then along new ones. */
static void run_steps(void)
{
        for (unsigned t = 0; t < model->threads; t++)
                proceed(t);
        for (unsigned steps = 0;; steps++) {
                unsigned able[MODEL_THREADS_MAX], count = 0, alive = 0;

                for (unsigned t = 0; t < model->threads; t++) {
                        alive += !coroutine[t].ended;
                        if (!coroutine[t].ended && (coroutine[t].box == NO_BOX || box[coroutine[t].box].full))
                                able[count++] = t;
                }
                if (!alive)
                        break;
                if (!count)
                        model_fail("all threads wait");
                if (steps == STEPS_MAX)
                        model_fail("the run does not end");
                if (choice_next == choices && !visit(state_hash()))
                        return;
                proceed(able[count > 1 ? choose(count) : 0]);
        }
        result.runs++;
        trouble = model->end();
}

static void run(void)
{
        run_number++;
        choice_next = traced = 0;
        memset(box, 0, sizeof box);
        model->begin();
        for (unsigned t = 0; t < model->threads; t++)
                coroutine_begin(t);
        exploring = true;
        if (!setjmp(run_ends))
                run_steps();
        exploring = false;
        current = NULL;
        undo_writes();
}

/* The last choice that has not been made in every way yet is made in the next one. */
static bool next_way(void)
{
        while (choices && choice[choices - 1].taken + 1 == choice[choices - 1].count)
                choices--;
        if (choices)
                choice[choices - 1].taken++;
        return choices > 0;
}

static double now_seconds(void)
{
        return (double)clock() / CLOCKS_PER_SEC;
}

struct model_result model_explore(const struct model *which, bool stale, double seconds)
{
        double end = now_seconds() + seconds;

        model = which;
        stale_loads = stale;
        memset(&result, 0, sizeof result);
        memset(place, 0, sizeof place);
        shared_count = 0;
        trouble = NULL;
        do {
                restart = false;
                choices = 0;
                result.runs = result.steps = 0;
                visited_clear();
                do {
                        run();
                        if (now_seconds() > end)
                                goto out;
                } while (!restart && !trouble && next_way());
        } while (restart);
        result.whole = !trouble;
out:
        result.trouble = trouble;
        result.states = visited_count;
        result.atomics = shared_count;
        return result;
}
