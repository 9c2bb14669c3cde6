/* A process whose four threads allocate without pause forks 150 times. No child may hang or crash; each allocates, frees
 * what it inherited, and starts a thread of its own.
 * timeout: 60
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: processes 151
 * expect: total in_child in fork allocations=150*640 frees=150*640
 * expect: live in_child in fork blocks=0
 * expect: live childs_thread in fork blocks=150 bytes=150*100
 * expect: process fork end_kind=_exit
 */
#include "program.h"
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static int stop;
static void *shared[256];

NOINLINE static void *worker(void *argument)
{
        unsigned random = (unsigned)(long)argument + 1;

        while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
                random = random * 1664525 + 1013904223;
                size_t bytes = random & 0xff ? ((random >> 16) & 0x1fff) + 1 : (1 << 20) + (random >> 12);
                void *block = malloc(bytes);

                *(char *)block = 1;
                free(__atomic_exchange_n(&shared[(random >> 10) & 255], block, __ATOMIC_ACQ_REL));
        }
        return NULL;
}

NOINLINE static void *childs_thread(UNUSED void *argument)
{
        return keep(malloc(100));
}

NOINLINE static void *spawner(UNUSED void *argument)
{
        while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
                pthread_t thread;
                void *result;

                if (!pthread_create(&thread, NULL, childs_thread, NULL)) {
                        pthread_join(thread, &result);
                        free(result);
                }
                sleep_ms(1);
        }
        return NULL;
}

NOINLINE static void in_child(void)
{
        void *blocks[64];

        for (int round = 0; round < 10; round++) {
                for (int i = 0; i < 64; i++)
                        blocks[i] = memset(keep(malloc(8 + (size_t)(i + 1) * (size_t)(round * 97 % 100 + 1))), 1, 8);
                for (int i = 0; i < 64; i++)
                        free(blocks[i]);
        }
}

static void child(void)
{
        pthread_t thread;
        void *result;

        alarm(20);
        in_child();
        free(keep(malloc(3 << 20)));
        CHECK(!pthread_create(&thread, NULL, childs_thread, NULL));
        pthread_join(thread, &result);
        for (int i = 0; i < 256; i += 7)
                free(shared[i]);
        _exit(0);
}

int main(void)
{
        pthread_t threads[5];

        for (long i = 0; i < 4; i++)
                CHECK(!pthread_create(&threads[i], NULL, worker, (void *)i));
        CHECK(!pthread_create(&threads[4], NULL, spawner, NULL));
        for (int i = 0; i < 150; i++) {
                pid_t pid = fork();
                int status;

                CHECK(pid >= 0);
                if (!pid)
                        child();
                waitpid(pid, &status, 0);
                CHECK(status == 0);
        }
        __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
        for (int i = 0; i < 5; i++)
                pthread_join(threads[i], NULL);
        puts("all children came back");
        return 0;
}
