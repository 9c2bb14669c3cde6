/* Data that a key of a thread keeps is reachable: of the first 32 keys, and of later ones, whose table libc allocates.
 * expect: leak low class=reachable blocks=16 bytes=16*100
 * expect: leak high class=reachable blocks=16 bytes=16*200
 * expect: leak cleared class=definite blocks=2 bytes=2*300
 */
#include "leaks.h"
#include <pthread.h>

static pthread_key_t key[68];

NOINLINE static void *low(void) { return malloc(100); }
NOINLINE static void *high(void) { return malloc(200); }
NOINLINE static void *cleared(void) { return malloc(300); }
NOINLINE static void set(int i, void *block) { CHECK(pthread_setspecific(key[i], block) == 0); }

int main(void)
{
        for (int i = 0; i < 68; i++)
                CHECK(pthread_key_create(&key[i], NULL) == 0);
        for (int i = 0; i < 16; i++) {
                set(i, low());
                set(50 + i, high());
        }
        for (int i = 20; i < 67; i += 46) {
                set(i, cleared());
                set(i, NULL);
        }
        scrub();
        return 0;
}
