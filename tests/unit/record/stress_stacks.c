/* Threads that intern the same hashes at once: each hash has one id, and exactly one thread is told that it is new.
 * All fit into the first table: while the second is being opened, one hash may get into both, which is harmless. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "preload/record/stacks.h"

enum { THREADS = 4, HASHES = 2500, ROUNDS = 12 };

static _Atomic uint32_t id_of[HASHES];
static _Atomic int new_count[HASHES];

static void *work(void *context)
{
        unsigned shift = (unsigned)(uintptr_t)context;

        for (unsigned round = 0; round < ROUNDS; round++) {
                for (unsigned i = 0; i < HASHES; i++) {
                        unsigned at = (i * 7919 + shift * 101) % HASHES;
                        bool is_new;
                        uint32_t id = stacks_intern(stacks_chain(11, at), &is_new), none = 0;

                        atomic_fetch_add(&new_count[at], is_new);
                        if (!atomic_compare_exchange_strong(&id_of[at], &none, id) && none != id) {
                                fprintf(stderr, "hash %u has ids %u and %u\n", at, none, id);
                                exit(1);
                        }
                }
        }
        return NULL;
}

int main(void)
{
        pthread_t thread[THREADS];

        if (!stacks_open())
                return 1;
        for (uintptr_t i = 0; i < THREADS; i++)
                pthread_create(&thread[i], NULL, work, (void *)i);
        for (unsigned i = 0; i < THREADS; i++)
                pthread_join(thread[i], NULL);
        for (unsigned i = 0; i < HASHES; i++) {
                if (new_count[i] != 1) {
                        fprintf(stderr, "hash %u was new %d times\n", i, new_count[i]);
                        return 1;
                }
        }
        return 0;
}
