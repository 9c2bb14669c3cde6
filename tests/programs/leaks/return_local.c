/* What main held in its frame is lost when it has returned.
 * expect: leak in_frame class=definite blocks=1 bytes=100
 * lsan: varies: the address may still stand in what is left of main's frame
 * memcheck: varies: the address may still stand in what is left of main's frame
 */
#include "leaks.h"

NOINLINE static void *in_frame(void) { return malloc(100); }

int main(void)
{
        void *volatile block[100];

        for (int i = 0; i < 100; i++)
                block[i] = i ? block[0] : in_frame();
        scrub();
        return 0;
}
