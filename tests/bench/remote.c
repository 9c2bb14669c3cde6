/* Producers and consumers in pairs: one thread allocates, the other frees what it gets; every free is a remote one.
 * remote [PAIRS [ROUNDS]] */
#include <pthread.h>
#include <stdatomic.h>

#include "bench.h"

enum { PAIRS = 2, PAIRS_MAX = 8, BATCH = 100, QUEUE = 64 };

struct batch {
        char *blocks[BATCH];
        size_t sizes[BATCH];
};

struct queue {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        struct batch *batches[QUEUE];
        unsigned head, tail;
};

static struct queue queues[PAIRS_MAX];
static long rounds;

/* Who waits is woken when the queue is half full or half empty, so that the allocator is measured and not the
 * scheduler. */
static void queue_put(struct queue *queue, struct batch *batch)
{
        pthread_mutex_lock(&queue->lock);
        while (queue->tail - queue->head == QUEUE)
                pthread_cond_wait(&queue->changed, &queue->lock);
        queue->batches[queue->tail++ % QUEUE] = batch;
        if (!batch || queue->tail - queue->head == QUEUE / 2)
                pthread_cond_signal(&queue->changed);
        pthread_mutex_unlock(&queue->lock);
}

static struct batch *queue_take(struct queue *queue)
{
        struct batch *batch;

        pthread_mutex_lock(&queue->lock);
        while (queue->tail == queue->head)
                pthread_cond_wait(&queue->changed, &queue->lock);
        batch = queue->batches[queue->head++ % QUEUE];
        if (queue->tail - queue->head == QUEUE / 2)
                pthread_cond_signal(&queue->changed);
        pthread_mutex_unlock(&queue->lock);
        return batch;
}

static void *produce(void *argument)
{
        struct queue *queue = argument;
        uint64_t random = (uint64_t)(queue - queues) + 3;

        for (long i = 0; i < rounds; i++) {
                struct batch *batch = malloc(sizeof *batch);

                bench_touch(batch, sizeof *batch);
                for (int j = 0; j < BATCH; j++) {
                        batch->sizes[j] = bench_size(&random, 10);
                        batch->blocks[j] = bench_touch(malloc(batch->sizes[j]), batch->sizes[j]);
                }
                queue_put(queue, batch);
        }
        queue_put(queue, NULL);
        return NULL;
}

static void *consume(void *argument)
{
        struct queue *queue = argument;
        struct batch *batch;

        while ((batch = queue_take(queue))) {
                for (int j = 0; j < BATCH; j++) {
                        if (batch->blocks[j][0] != (char)batch->sizes[j] && batch->sizes[j] > 1)
                                abort();
                        free(batch->blocks[j]);
                }
                free(batch);
        }
        return NULL;
}

int main(int argc, char **argv)
{
        int pairs = bench_threads(argc, argv, PAIRS, PAIRS_MAX);
        pthread_t threads[2 * PAIRS_MAX];

        rounds = bench_shared_rounds(argc, argv, 120000, pairs);
        for (int i = 0; i < pairs; i++) {
                pthread_mutex_init(&queues[i].lock, NULL);
                pthread_cond_init(&queues[i].changed, NULL);
                if (pthread_create(&threads[2 * i], NULL, produce, &queues[i]) != 0 ||
                    pthread_create(&threads[2 * i + 1], NULL, consume, &queues[i]) != 0)
                        return 1;
        }
        for (int i = 0; i < 2 * pairs; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
