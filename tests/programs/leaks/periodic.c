/* A leak that keeps coming is seen to come by periodic scans, one that came once is seen not to.
 * options: --leak-check-every=100ms
 * expect: leak keeps_coming class=definite blocks=20 bytes=20*100
 * expect: leak came_once class=definite blocks=1 bytes=5000
 * expect: scan main scans>=5 why=exit
 * expect: sql SELECT rises >= 4 AND base_blocks < 20 FROM leak WHERE class = 'definite' AND bytes = 2000 => 1
 * expect: sql SELECT rises FROM leak WHERE class = 'definite' AND bytes = 5000 => 0
 */
#include "leaks.h"

NOINLINE static void keeps_coming(void) { keep(malloc(100)); }
NOINLINE static void came_once(void) { keep(malloc(5000)); }

int main(void)
{
        SCRUBBED(came_once());
        for (int i = 0; i < 20; i++) {
                SCRUBBED(keeps_coming());
                sleep_ms(50);
        }
        return 0;
}
