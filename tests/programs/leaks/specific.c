/* Data that a key of a thread keeps is reachable: of the first 32 keys, and of later ones, whose table libc allocates.
 * expect: leak low class=reachable blocks=16 bytes=16*100
 * expect: leak high class=reachable blocks=16 bytes=16*200
 * expect: leak cleared class=definite blocks=2 bytes=2*300
 */
#include "leaks.h"
#include <pthread.h>

static pthread_key_t key[68];

NOINLINE static void low(int i) { CHECK(pthread_setspecific(key[i], malloc(100)) == 0); }
NOINLINE static void high(int i) { CHECK(pthread_setspecific(key[i], malloc(200)) == 0); }

NOINLINE static void cleared(int i)
{
        CHECK(pthread_setspecific(key[i], malloc(300)) == 0);
        CHECK(pthread_setspecific(key[i], NULL) == 0);
}

int main(void)
{
        for (int i = 0; i < 68; i++)
                CHECK(pthread_key_create(&key[i], NULL) == 0);
        for (int i = 0; i < 16; i++) {
                low(i);
                high(50 + i);
        }
        cleared(20);
        cleared(66);
        scrub();
        return 0;
}
