/* Objects of pthreads have no blocks; barriers, conditions and semaphores that were not destroyed are no leaks.
 * expect: leak attributes class=definite blocks=1
 * expect: leak attributes class=indirect blocks=1 root=attributes
 */
#include "leaks.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static pthread_mutex_t mutex;
static pthread_cond_t condition;
static pthread_barrier_t barrier;
static sem_t semaphore;

/* An affinity is a block of the attributes', which is lost if they are not destroyed. */
NOINLINE static void attributes(void)
{
        pthread_attr_t attributes;
        cpu_set_t all;

        memset(&all, 255, sizeof all);
        pthread_attr_init(&attributes);
        CHECK(pthread_attr_setaffinity_np(&attributes, sizeof all, &all) == 0);
}

int main(void)
{
        pthread_mutex_init(&mutex, NULL);
        pthread_cond_init(&condition, NULL);
        pthread_barrier_init(&barrier, NULL, 2);
        sem_init(&semaphore, 0, 1);
        attributes();
        scrub();
        return 0;
}
