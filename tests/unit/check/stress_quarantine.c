/* Threads that put blocks into the quarantine and free what leaves it: each block leaves once, and who takes it out
 * sees what the one who put it in has written. For ThreadSanitizer and AddressSanitizer. */
#include "preload/check/quarantine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, BLOCKS = 30000, BYTES = 100, HELD = 50 };

static _Atomic int left, wrong;

static void leave(void *context, void *start)
{
        int *block = start;

        (void)context;
        quarantine_left(BYTES);
        if (block[0] != block[1] || ++block[0] > BLOCKS)
                atomic_fetch_add(&wrong, 1);
        atomic_fetch_add(&left, 1);
        free(block);
}

static void *put(void *context)
{
        for (int i = 0; i < BLOCKS; i++) {
                int *block = malloc(BYTES);

                block[0] = block[1] = i;
                quarantine_put(block, BYTES, leave, NULL);
        }
        return context;
}

int main(void)
{
        pthread_t thread[THREADS];

        if (!quarantine_open(HELD * BYTES))
                return 1;
        for (int i = 0; i < THREADS; i++)
                if (pthread_create(&thread[i], NULL, put, NULL))
                        return 1;
        for (int i = 0; i < THREADS; i++)
                pthread_join(thread[i], NULL);
        quarantine_clear(leave, NULL);
        printf("%d left, %d wrong\n", left, wrong);
        return left != THREADS * BLOCKS || wrong;
}
