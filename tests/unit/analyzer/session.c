/* The analyzer's end of the shared memory: whose frames are taken, when, and in which order. */
#include "analyzer/input/session.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/encode.h"
#include "wire/session.h"

static struct session session;
static char directory[] = "/tmp/session.XXXXXX", pipe_path[64];
static uint32_t taken[16]; /* sequence numbers */
static size_t taken_count;

static void begin(void)
{
        cr_assert(mkdtemp(directory));
        snprintf(pipe_path, sizeof pipe_path, "%s/pipe", directory);
        cr_assert(session_create(&session, pipe_path));
}

static void end(void)
{
        session_close(&session);
        rmdir(directory);
}

TestSuite(session, .init = begin, .fini = end);

static void take(void *context, const uint8_t *frame, size_t bytes)
{
        (void)context;
        cr_assert_eq((size_t)(frame[0] | frame[1] << 8), bytes);
        cr_assert_lt(taken_count, 16);
        memcpy(&taken[taken_count++], frame + 12, 4);
}

/* A frame with an event, as a thread of the process leaves it. */
static struct session_slot *leave(unsigned index, uint32_t process, uint32_t pid, uint32_t sequence)
{
        struct session_slot *slot = session_slot(session.base, index);
        struct encode encode = {.frame = session_frame(session.base, index), .published = &slot->bytes};

        atomic_store(&slot->owner, (uint64_t)process << 32 | 1);
        slot->pid = pid;
        encode_begin(&encode, &(struct wire_header){.version = WIRE_VERSION, .process = process, .sequence = sequence});
        encode_alloc(&encode, WIRE_MALLOC, 1, 10);
        return slot;
}

static uint32_t dead_pid(void)
{
        pid_t pid = fork();

        if (pid == 0)
                _exit(0);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        return (uint32_t)pid;
}

static void look_twice(void)
{
        session_salvage(&session, false, take, NULL);
        session_salvage(&session, false, take, NULL);
}

Test(session, frames_of_the_dead_are_taken_at_the_second_look)
{
        struct session_slot *slot = leave(3, 1, dead_pid(), 7);

        session_salvage(&session, false, take, NULL);
        cr_expect_eq(taken_count, 0);
        session_salvage(&session, false, take, NULL);
        cr_expect_eq(taken_count, 1);
        cr_expect_eq(taken[0], 7);
        cr_expect_eq(atomic_load(&slot->owner), 0);
}

Test(session, frames_of_the_living_are_left_alone)
{
        struct session_slot *slot = leave(3, 1, (uint32_t)getpid(), 7);

        look_twice();
        cr_expect_eq(taken_count, 0);
        cr_expect_neq(atomic_load(&slot->owner), 0);
}

Test(session, a_process_that_executes_another_program_has_left_its_frames)
{
        leave(3, 1, (uint32_t)getpid(), 7);

        struct session_slot *now = leave(4, 2, (uint32_t)getpid(), 8);

        look_twice();
        cr_expect_eq(taken_count, 1);
        cr_expect_eq(taken[0], 7);
        cr_expect_neq(atomic_load(&now->owner), 0);
}

Test(session, processes_of_another_pid_namespace_are_taken_for_alive)
{
        leave(3, 1, SESSION_PID_APART, 7);
        leave(4, 2, SESSION_PID_APART, 8);
        look_twice();
        cr_expect_eq(taken_count, 0);
        session_salvage(&session, true, take, NULL);
        cr_expect_eq(taken_count, 2);
}

static void *stay(void *argument)
{
        for (;;)
                pause();
        return argument;
}

static char state_of(pid_t pid)
{
        char path[64], state = 0;
        FILE *file;

        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        file = fopen(path, "re");
        cr_assert(file && fscanf(file, "%*d %*s %c", &state) == 1);
        fclose(file);
        return state;
}

Test(session, a_process_lives_on_when_its_first_thread_has_ended)
{
        pid_t pid = fork();
        pthread_t thread;
        siginfo_t ended;

        if (pid == 0) {
                pthread_create(&thread, NULL, stay, NULL);
                syscall(SYS_exit, 0); /* this thread alone */
        }
        while (state_of(pid) != 'Z')
                usleep(1000);
        cr_expect(session_process_lives((uint32_t)pid, 0));
        kill(pid, SIGKILL);
        cr_assert_eq(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
        cr_expect_not(session_process_lives((uint32_t)pid, 0)); /* a zombie */
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        cr_expect_not(session_process_lives((uint32_t)pid, 0));
}

Test(session, what_was_handed_over_comes_in_the_order_of_the_tickets_and_up_to_the_one_said)
{
        struct session_header *header = session.base;

        atomic_store(&leave(9, 1, (uint32_t)getpid(), 0)->ticket, 1);
        atomic_store(&leave(5, 1, (uint32_t)getpid(), 1)->ticket, 2);
        atomic_store(&leave(7, 1, (uint32_t)getpid(), 2)->ticket, 3);
        atomic_store(&header->handed, 3);
        cr_expect_eq(session_handed(&session), 3);
        session_collect(&session, 2, take, NULL);
        cr_expect_eq(taken_count, 2);
        cr_expect_eq(taken[0], 0);
        cr_expect_eq(taken[1], 1);
        cr_expect_eq(atomic_load(&header->collected), 2);
        cr_expect_eq(atomic_load(&session_slot(session.base, 5)->owner), 0);
        cr_expect_neq(atomic_load(&session_slot(session.base, 7)->owner), 0);
}

Test(session, what_was_handed_over_by_the_dead_waits_for_its_turn)
{
        atomic_store(&leave(9, 1, dead_pid(), 5)->ticket, 1);
        look_twice();
        cr_expect_eq(taken_count, 0);
        session_collect(&session, 1, take, NULL);
        cr_expect_eq(taken_count, 1);
}

/* As if the owner had sent it and begun another while it was copied: nothing is whole below the count any more. */
Test(session, a_frame_that_is_not_whole_is_not_taken)
{
        struct session_slot *slot = leave(3, 1, (uint32_t)getpid(), 7);

        atomic_store(&slot->bytes, WIRE_HEADER_BYTES);
        session_salvage(&session, true, take, NULL);
        atomic_store(&slot->bytes, WIRE_FRAME_BYTES_MAX + 1);
        session_salvage(&session, true, take, NULL);
        cr_expect_eq(taken_count, 0);
}
