/* The peak is reached half a second after the start, and two functions hold it; what comes later is smaller.
 * expect: peak small_holder blocks=1000 bytes=1000*100
 * expect: peak big_holder blocks=3 bytes=3*1000000
 * expect: peak later_holder blocks=0 bytes=0
 * expect: peak gone_before blocks=0 bytes=0
 * expect: live small_holder blocks=0
 * expect: live big_holder blocks=0
 * expect: live later_holder blocks=1 bytes=2000000
 * expect: total gone_before requested=3000000 max_bytes=3000000
 * expect: total big_holder max_bytes=3000000
 * expect: process main peak_bound=0 peak_bytes=3100000..3200000 peak_ns=480000000..800000000
 * expect: sql SELECT abs(sum(site.peak_bytes) - process.peak_bytes) FROM site JOIN process ON process.id = site.process => 0
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void *small_holder(void) { return keep(malloc(100)); }
NOINLINE static void *big_holder(void) { return keep(malloc(1000000)); }
NOINLINE static void *later_holder(void) { return keep(malloc(2000000)); }
NOINLINE static void *gone_before(void) { return keep(malloc(3000000)); }

int main(void)
{
        static void *small[1000];
        void *big[3];

        free(gone_before());
        for (int i = 0; i < 1000; i++)
                small[i] = small_holder();
        sleep_ms(500);
        for (int i = 0; i < 3; i++)
                big[i] = big_holder();
        for (int i = 0; i < 3; i++)
                free(big[i]);
        sleep_ms(200);
        later_holder();
        for (int i = 0; i < 1000; i++)
                free(small[i]);
        return 0;
}
