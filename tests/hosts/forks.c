/* Four threads allocate, hand blocks to each other and start threads, while main forks: FORKS times. Each child
 * allocates, frees what it inherited, starts a thread, and ends by exit, _exit, exec or a signal. One that takes longer
 * than a minute hangs. */
#include "hosts.h"

enum { SHARED = 256, WAIT_SECONDS = 60 };

static volatile int stop;
static void *shared[SHARED];

static void *works(void *argument)
{
        unsigned random = (unsigned)(uintptr_t)argument + 1;

        while (!stop) {
                unsigned place = next_random(&random) % SHARED, kind = next_random(&random);
                size_t size = kind % 512 ? (kind >> 4) % 32768 + 1 : (1u << 20) + (kind >> 4);
                char *block = malloc(size);

                CHECK(block);
                *block = 1;
                free(__atomic_exchange_n(&shared[place], block, __ATOMIC_ACQ_REL));
                if (kind % 64 == 0)
                        usleep(50); /* so that the forks get on with two processors */
        }
        return NULL;
}

static void *one_block(void *argument)
{
        (void)argument;
        return keep(malloc(100));
}

static void a_thread(void)
{
        pthread_t thread;
        void *block;

        CHECK(!pthread_create(&thread, NULL, one_block, NULL) && !pthread_join(thread, &block));
        free(block);
}

static void *spawns(void *argument)
{
        while (!stop) {
                a_thread();
                usleep(200);
        }
        return argument;
}

static void child(int number, char **argv)
{
        void *block[64];

        alarm(WAIT_SECONDS);
        for (size_t round = 0; round < 3; round++) {
                for (size_t i = 0; i < 64; i++)
                        CHECK(memset(keep(malloc((i + 1) * (round * 97 + 1))), 1, 1));
                for (size_t i = 0; i < 64; i++)
                        CHECK((block[i] = malloc((i + 1) * (round * 97 + 1))));
                for (size_t i = 0; i < 64; i++)
                        free(block[i]);
        }
        free(keep(malloc(3 << 20)));
        for (unsigned i = 0; i < SHARED; i += 7) {
                free(shared[i]);
                shared[i] = NULL;
        }
        switch (number % 4) {
        case 0:
                a_thread();
                exit(3);
        case 1:
                _exit(3);
        case 2:
                kill(getpid(), SIGKILL);
                _exit(4);
        default:
                execl("/proc/self/exe", argv[0], "ends", (char *)NULL);
                _exit(5);
        }
}

int main(int argc, char **argv)
{
        int forks = argc > 1 ? atoi(argv[1]) : 200;
        pthread_t thread[4];

        if (argc > 1 && !strcmp(argv[1], "ends")) {
                free(keep(malloc(50)));
                return 3;
        }
        for (uintptr_t t = 0; t < 3; t++)
                CHECK(!pthread_create(&thread[t], NULL, works, (void *)t));
        CHECK(!pthread_create(&thread[3], NULL, spawns, NULL));
        for (int i = 0; i < forks; i++) {
                int status;
                pid_t pid = fork();

                CHECK(pid >= 0);
                if (!pid)
                        child(i, argv);
                CHECK(waitpid(pid, &status, 0) == pid);
                if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
                        printf("child %d hangs\n", i);
                else if (i % 4 == 2 ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL
                                    : !WIFEXITED(status) || WEXITSTATUS(status) != 3)
                        printf("child %d ended with %x\n", i, status);
        }
        stop = 1;
        for (int t = 0; t < 4; t++)
                pthread_join(thread[t], NULL);
        printf("%d forks\n", forks);
        return 0;
}
