/* THREADS threads come and go, LIVE of them alive at any time, each with blocks of its own and of others, freed by
 * destructors of thread-specific data. When the last has come, no more memory may be resident than twice what was
 * when a tenth had (and a little: pages of stacks come and go). */
#include "hosts.h"

#include <semaphore.h>

enum { SLACK_KIB = 4096 };

/* A place that one thread after the other takes; it ends when it is told to. */
struct place {
        pthread_t thread;
        sem_t end;
        unsigned random;
};

static pthread_key_t first_key, second_key;
static void *left[1024];

static void frees_later(void *block)
{
        static _Thread_local int rounds;

        free(block);
        free(keep(malloc(33)));
        if (rounds++ < 2) /* it comes again after this one */
                pthread_setspecific(first_key, keep(malloc(40)));
}

static void *lives(void *argument)
{
        struct place *place = argument;
        unsigned random = place->random;
        void *block[8];

        pthread_setspecific(first_key, keep(malloc(100)));
        pthread_setspecific(second_key, keep(malloc(3000)));
        for (int i = 0; i < 8; i++)
                CHECK((block[i] = malloc(next_random(&random) % 2000)));
        for (int i = 0; i < 8; i++)
                if (i % 4)
                        free(block[i]);
        for (int i = 0; i < 8; i += 4) /* another thread's goes, ours stays for another */
                free(__atomic_exchange_n(&left[next_random(&random) % 1024], block[i], __ATOMIC_ACQ_REL));
        while (sem_wait(&place->end))
                ;
        return NULL;
}

int main(int argc, char **argv)
{
        long threads = argc > 1 ? atol(argv[1]) : 20000, live = argc > 2 ? atol(argv[2]) : 1000, early = 0, late = 0;
        struct place *place = calloc((size_t)live, sizeof *place);
        pthread_attr_t attributes;

        CHECK(!pthread_attr_init(&attributes) && !pthread_attr_setstacksize(&attributes, 65536));
        CHECK(!pthread_key_create(&first_key, frees_later) && !pthread_key_create(&second_key, free));
        for (long i = 0; i < live; i++)
                sem_init(&place[i].end, 0, 0);
        for (long i = 0; i < threads + live; i++) {
                struct place *at = &place[i % live];

                if (i >= live)
                        CHECK(!sem_post(&at->end) && !pthread_join(at->thread, NULL));
                at->random = (unsigned)i + 1;
                if (i < threads)
                        CHECK(!pthread_create(&at->thread, &attributes, lives, at));
                if (i == threads / 10 + live)
                        early = resident_kib();
                if (i == threads - 1)
                        late = resident_kib();
        }
        if (argc > 3)
                fprintf(stderr, "resident: %ld KiB after a tenth, %ld KiB at the end\n", early, late);
        if (late > 2 * early + SLACK_KIB)
                printf("resident: %ld KiB after a tenth, %ld KiB at the end\n", early, late);
        printf("%ld threads\n", threads);
        return 0;
}
