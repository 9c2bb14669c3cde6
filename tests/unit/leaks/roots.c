/* What is a root: stacks, registers and TLS of threads in all states, mappings of all kinds. The test program's own
 * data is taken for the library's, so it is none.
 *
 * Values that are looked for exist encoded everywhere but where they shall be found. */
#define _GNU_SOURCE
#include "preload/leaks/roots.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/leaks/pthreads.h"
#include "preload/leaks/stop.h"

#define KEY UINT64_C(0x5555555555555555)

static struct leak_roots roots;
static struct leak_stop stop;
static uint32_t threads_before, silent_before; /* Criterion may have some of its own */
static atomic_uint ready;
static atomic_bool over;

static const struct leak_root *root_of(uintptr_t address)
{
        for (size_t i = 0; i < roots.count; i++)
                if (address >= roots.root[i].start && address < roots.root[i].end)
                        return &roots.root[i];
        return NULL;
}

/* The root that has the value; `encoded` is that value with KEY. */
static const struct leak_root *root_with(uint64_t encoded, enum leak_root_kind kind)
{
        for (size_t i = 0; i < roots.count; i++)
                for (const uint64_t *word = (const uint64_t *)roots.root[i].start;
                     roots.root[i].kind == kind && word < (const uint64_t *)roots.root[i].end; word++)
                        if ((*word ^ KEY) == encoded)
                                return &roots.root[i];
        return NULL;
}

static void collect(void)
{
        struct leak_self self;

        leak_self_here(&self);
        cr_assert(leak_stop_begin(&stop, &self));
        cr_assert(leak_roots_collect(&roots, &stop));
        leak_stop_end(&stop);
        cr_assert_not(roots.incomplete);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

/* The tests read whatever is a root, red zones of the sanitizer too. */
static void open_all(void)
{
        if (UNDER_ASAN)
                cr_skip_test("not under AddressSanitizer");
        cr_assert(pthreads_open());
        cr_assert(leak_stop_open());
        leak_stop_by(false, 0);
        collect();
        threads_before = roots.threads;
        silent_before = roots.threads_silent;
        leak_roots_free(&roots);
}

static void wait_ready(unsigned count)
{
        while (atomic_load(&ready) < count)
                sched_yield();
        usleep(20000); /* and then it sleeps or loops */
}

static void *mapped(size_t bytes, int rights, int flags)
{
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

        cr_assert_neq(memory, MAP_FAILED);
        *(volatile char *)memory = 1;
        mprotect(memory, bytes, rights);
        return memory;
}

Test(roots, memory_that_the_program_writes_is_a_root)
{
        void *plain, *read_only, *shared, *hidden, *code;

        open_all();
        plain = mapped(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE);
        read_only = mapped(4096, PROT_READ, MAP_PRIVATE);
        shared = mapped(4096, PROT_READ | PROT_WRITE, MAP_SHARED);
        hidden = mapped(4096, PROT_NONE, MAP_PRIVATE);
        code = mapped(4096, PROT_READ | PROT_EXEC, MAP_PRIVATE);
        collect();
        cr_assert(root_of((uintptr_t)plain));
        cr_assert(root_of((uintptr_t)read_only));
        cr_assert(root_of((uintptr_t)shared));
        cr_assert_not(root_of((uintptr_t)hidden));
        cr_assert_not(root_of((uintptr_t)code));
        cr_assert(root_of((uintptr_t)dlsym(RTLD_DEFAULT, "_IO_2_1_stdout_")), "data of the C library");
        cr_assert_eq(root_of((uintptr_t)dlsym(RTLD_DEFAULT, "_IO_2_1_stdout_"))->kind, LEAK_ROOT_DATA);
        cr_assert_not(root_of((uintptr_t)&roots), "data of ours");
        cr_assert_not(root_of((uintptr_t)leak_buffer()), "memory of ours");
        cr_assert_eq(roots.threads, threads_before);
        leak_roots_free(&roots);
}

Test(roots, shared_files_and_what_lies_behind_a_file_are_none)
{
        char path[] = "/tmp/roots.XXXXXX";
        int file = mkstemp(path);
        char *shared, *private;

        open_all();
        unlink(path);
        cr_assert_eq(ftruncate(file, 4096), 0);
        shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        private = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
        *shared = *private = 1;
        collect();
        cr_assert_not(root_of((uintptr_t)shared));
        cr_assert(root_of((uintptr_t) private));
        cr_assert_not(root_of((uintptr_t) private + 8192), "reading there is SIGBUS");
        leak_roots_free(&roots);
}

Test(roots, of_a_large_reservation_only_what_was_written_is_read)
{
        char *memory;

        open_all();
        memory =
                mmap(NULL, (size_t)1 << 34, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        cr_assert_neq(memory, MAP_FAILED);
        madvise(memory, (size_t)1 << 34, MADV_NOHUGEPAGE);
        memory[12345 * 4096] = 1;
        collect();
        cr_assert(root_of((uintptr_t)memory + 12345 * 4096));
        cr_assert_not(root_of((uintptr_t)memory + 12346 * 4096));
        cr_assert_not(root_of((uintptr_t)memory + 12344 * 4096));
        leak_roots_free(&roots);
}

static uintptr_t place;

static NOINLINE void deeper(void)
{
        volatile char room[4096];

        room[0] = 1;
        place = (uintptr_t)&room[0];
}

Test(roots, the_own_stack_counts_from_where_it_stands)
{
        volatile uint64_t here = 1;

        open_all();
        deeper();
        collect();
        cr_assert(root_of((uintptr_t)&here));
        cr_assert_eq(root_of((uintptr_t)&here)->kind, LEAK_ROOT_STACK);
        cr_assert_not(root_of(place - 8192));
        leak_roots_free(&roots);
}

/* --- threads ----------------------------------------------------------------------------------------------------- */

#if defined(__x86_64__)
static void *hold_in_register(void *encoded)
{
        atomic_fetch_add(&ready, 1);
        __asm__ volatile("mov %0, %%r15\n\txor %1, %%r15\n"
                         "1:\n\tpause\n\tcmpb $0, %2\n\tje 1b\n\txor %%r15, %%r15"
                         :
                         : "r"(encoded), "r"(KEY), "m"(over)
                         : "r15", "memory");
        return NULL;
}

Test(roots, a_register_of_a_thread_that_never_sleeps)
{
        const uint64_t encoded = 0x1234567890abcd00;
        pthread_t thread;

        open_all();
        pthread_create(&thread, NULL, hold_in_register, (void *)encoded);
        wait_ready(1);
        collect();
        cr_assert(root_with(encoded, LEAK_ROOT_REGISTERS));
        cr_assert_eq(roots.threads, threads_before + 1);
        cr_assert_eq(roots.threads_silent, silent_before);
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
}

static void *hold_in_vector(void *encoded)
{
        atomic_fetch_add(&ready, 1);
        __asm__ volatile("mov %0, %%rax\n\txor %1, %%rax\n\tmovq %%rax, %%xmm9\n\txor %%eax, %%eax\n"
                         "1:\n\tpause\n\tcmpb $0, %2\n\tje 1b\n\tpxor %%xmm9, %%xmm9"
                         :
                         : "r"(encoded), "r"(KEY), "m"(over)
                         : "rax", "xmm9", "memory");
        return NULL;
}

Test(roots, a_vector_register)
{
        const uint64_t encoded = 0x1234567890abcd10;
        pthread_t thread;

        open_all();
        pthread_create(&thread, NULL, hold_in_vector, (void *)encoded);
        wait_ready(1);
        collect();
        cr_assert(root_with(encoded, LEAK_ROOT_REGISTERS));
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
}
#endif

static _Thread_local volatile uint64_t in_tls;

static void *hold_in_stack_and_tls(void *blocking)
{
        volatile uint64_t local[64];
        sigset_t all;

        if (blocking) {
                sigfillset(&all);
                pthread_sigmask(SIG_BLOCK, &all, NULL);
        }
        local[0] = in_tls = 1;
        place = (uintptr_t)&local[0];
        atomic_fetch_add(&ready, 1);
        while (!atomic_load(&over))
                usleep(1000);
        return (void *)(uintptr_t)in_tls;
}

Test(roots, the_stack_and_the_tls_of_a_thread)
{
        pthread_t thread;

        open_all();
        pthread_create(&thread, NULL, hold_in_stack_and_tls, NULL);
        wait_ready(1);
        collect();
        cr_assert(root_of(place));
        cr_assert_eq(root_of(place)->kind, LEAK_ROOT_STACK);
        cr_assert_neq(root_of(place)->tid, 0);
        cr_assert_not(root_of(place - 16384), "inward of where it stands");
        cr_assert(root_of(thread), "its struct pthread");
        cr_assert_eq(root_of(thread - 8)->kind, LEAK_ROOT_TLS);
        cr_assert_eq(roots.threads_silent, silent_before);
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
}

Test(roots, a_thread_that_blocks_all_signals_is_silent_at_once_and_counts_whole)
{
        pthread_t thread;

        open_all();
        pthread_create(&thread, NULL, hold_in_stack_and_tls, &roots);
        wait_ready(1);
        collect();
        cr_assert_eq(roots.threads_silent, silent_before + 1);
        cr_assert(root_of(place));
        cr_assert(root_of(place + 32));
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
}

Test(tracer, stops_a_thread_that_blocks_all_signals, .timeout = 60)
{
        pthread_t thread;

        open_all();
        pthread_create(&thread, NULL, hold_in_stack_and_tls, &roots);
        wait_ready(1);
        leak_stop_by(true, 0);
        collect();
        cr_assert(stop.traced);
        cr_assert_eq(roots.threads_silent, 0);
        cr_assert(root_of(place));
        cr_assert_not(root_of(place - 16384), "inward of where it stands");
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
        cr_assert_eq(waitpid(-1, NULL, WNOHANG | __WALL), -1, "no process is left");
}

#if defined(__x86_64__)
Test(tracer, reads_registers, .timeout = 60)
{
        const uint64_t encoded = 0x1234567890abcd40;
        pthread_t thread;

        open_all();
        pthread_create(&thread, NULL, hold_in_register, (void *)encoded);
        wait_ready(1);
        leak_stop_by(true, 0);
        collect();
        cr_assert(root_with(encoded, LEAK_ROOT_REGISTERS));
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
}
#endif

/* A tracer that is there already refuses ours: the process that traces here is a child, which a strict Yama forbids. */
Test(tracer, where_it_is_refused_the_threads_are_silent, .timeout = 60)
{
        pthread_t thread;

        open_all();
        pthread_create(&thread, NULL, hold_in_stack_and_tls, NULL);
        wait_ready(1);
        prctl(PR_SET_DUMPABLE, 0);
        cr_assert_eq(setuid(65534), 0);
        leak_stop_by(true, 0);
        leak_self_here(&stop.self);
        cr_assert_not(leak_stop_begin(&stop, &stop.self));
        cr_assert_gt(stop.silent, 0);
        leak_stop_end(&stop);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
}

static void *block_all(void *ret_pending)
{
        sigset_t all;

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        atomic_fetch_add(&ready, 1);
        while (!atomic_load(&over))
                sched_yield();
        sigpending(ret_pending);
        return NULL;
}

Test(roots, a_thread_that_blocks_all_gets_no_signal_of_ours)
{
        pthread_t thread;
        sigset_t pending;

        open_all();
        pthread_create(&thread, NULL, block_all, &pending);
        wait_ready(1);
        collect();
        cr_assert_eq(roots.threads_silent, silent_before + 1);
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
        cr_assert(sigisemptyset(&pending));
}

static void *end_with(void *encoded)
{
        volatile uint64_t local = (uint64_t)encoded ^ KEY;

        place = (uintptr_t)&local;
        return (void *)(uintptr_t)local;
}

Test(roots, what_an_ended_thread_returned_counts_until_it_is_joined)
{
        const uint64_t encoded = 0x1234567890abcd20;
        pthread_t thread;

        open_all();
        pthread_create(&thread, NULL, end_with, (void *)encoded);
        usleep(50000);
        collect();
        cr_assert(root_with(encoded, LEAK_ROOT_TLS));
        cr_assert_not(root_of(place));
        leak_roots_free(&roots);
        pthread_join(thread, NULL);
        collect();
        cr_assert_not(root_with(encoded, LEAK_ROOT_TLS));
        cr_assert_not(root_of(place));
        cr_assert_not(root_of(thread));
        leak_roots_free(&roots);
}

Test(roots, nothing_of_a_detached_thread_is_left)
{
        const uint64_t encoded = 0x1234567890abcd30;
        pthread_attr_t attributes;
        pthread_t thread;

        open_all();
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_create(&thread, &attributes, end_with, (void *)encoded);
        usleep(50000);
        collect();
        for (enum leak_root_kind kind = LEAK_ROOT_DATA; kind <= LEAK_ROOT_MAPPING; kind++)
                cr_assert_not(root_with(encoded, kind), "in a root of kind %d", kind);
        leak_roots_free(&roots);
}

Test(roots, a_stack_that_the_program_gave)
{
        char *memory = mapped(1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE);
        pthread_attr_t attributes;
        pthread_t thread;

        open_all();
        pthread_attr_init(&attributes);
        pthread_attr_setstack(&attributes, memory + 65536, 1 << 18);
        memory[65536] = 1;
        memory[1 << 19] = 1;
        pthread_create(&thread, &attributes, hold_in_stack_and_tls, NULL);
        wait_ready(1);
        collect();
        cr_assert(root_of(place));
        cr_assert_not(root_of((uintptr_t)memory + 65536), "inward of where it stands");
        cr_assert(root_of((uintptr_t)memory + (1 << 19)), "what lies beside");
        cr_assert(root_of((uintptr_t)memory));
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
}

static uintptr_t alternate;

static void on_alternate_stack(int number)
{
        volatile uint64_t local = 1;

        (void)number;
        alternate = (uintptr_t)&local;
        atomic_fetch_add(&ready, 1);
        while (!atomic_load(&over))
                usleep(1000);
}

static void *handle_on_alternate_stack(void *memory)
{
        stack_t stack = {.ss_sp = memory, .ss_size = 65536};
        volatile uint64_t local = 1;

        place = (uintptr_t)&local;
        sigaltstack(&stack, NULL);
        raise(SIGUSR1);
        return NULL;
}

Test(roots, both_stacks_of_a_thread_in_a_handler)
{
        struct sigaction action = {.sa_handler = on_alternate_stack, .sa_flags = SA_ONSTACK};
        char *memory = mapped(65536, PROT_READ | PROT_WRITE, MAP_PRIVATE);
        pthread_t thread;

        open_all();
        sigaction(SIGUSR1, &action, NULL);
        pthread_create(&thread, NULL, handle_on_alternate_stack, memory);
        wait_ready(1);
        collect();
        cr_assert_eq(roots.threads_silent, silent_before);
        cr_assert(root_of(alternate));
        cr_assert(root_of(place));
        leak_roots_free(&roots);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
}

static void *come_and_go(void *context)
{
        (void)context;
        while (!atomic_load(&over)) {
                pthread_t thread;

                if (pthread_create(&thread, NULL, end_with, NULL) == 0)
                        pthread_join(thread, NULL);
        }
        return NULL;
}

Test(roots, threads_that_come_and_go_while_all_stop, .timeout = 60)
{
        pthread_t thread[8];

        open_all();
        for (unsigned i = 0; i < 8; i++)
                pthread_create(&thread[i], NULL, come_and_go, NULL);
        for (unsigned i = 0; i < 300; i++) {
                collect();
                cr_assert_geq(roots.threads, threads_before + 8);
                leak_roots_free(&roots);
        }
        atomic_store(&over, true);
        for (unsigned i = 0; i < 8; i++)
                pthread_join(thread[i], NULL);
}

/* --- the signal -------------------------------------------------------------------------------------------------- */

static atomic_uint handled;

static void count(int number)
{
        (void)number;
        atomic_fetch_add(&handled, 1);
}

Test(signal, what_the_program_has_taken_is_left_alone)
{
        struct sigaction action = {.sa_handler = count}, now;
        int first, second;

        open_all();
        first = leak_signal_ready();
        cr_assert_eq(first, SIGURG);
        sigaction(first, &action, NULL);
        second = leak_signal_ready();
        cr_assert_eq(second, SIGRTMAX - 3);
        sigaction(first, NULL, &now);
        cr_assert_eq((void *)now.sa_handler, (void *)count);
        raise(first);
        cr_assert_eq(atomic_load(&handled), 1);
}

Test(signal, one_that_was_asked_for_and_is_taken_is_not_replaced)
{
        struct sigaction action = {.sa_handler = count};

        cr_assert(leak_stop_open());
        leak_stop_by(false, SIGRTMIN + 5);
        cr_assert_eq(leak_signal_ready(), SIGRTMIN + 5);
        sigaction(SIGRTMIN + 5, &action, NULL);
        cr_assert_eq(leak_signal_ready(), 0);
}

Test(signal, the_usual_one_from_somebody_else_does_nothing)
{
        open_all();
        cr_assert_eq(leak_signal_ready(), SIGURG);
        for (int i = 0; i < 3; i++)
                kill(getpid(), SIGURG);
        cr_assert(leak_signal_is_ours());
        collect();
        leak_roots_free(&roots);
}

/* A test that is skipped does not end by the signal it shall end by. */
#if !UNDER_ASAN
Test(signal, from_somebody_else_it_ends_the_program_as_it_would_have, .signal = 61)
{
        signal(SIGURG, count);
        open_all();
        cr_assert_eq(leak_signal_ready(), 61);
        kill(getpid(), 61);
        sleep(1);
}
#endif
