/* A leak that keeps coming is seen to come by periodic scans, one that came once is seen not to.
 * options: --leak-check-every=100ms
 * expect: leak keeps_coming class=definite blocks=20 bytes=20*100
 * expect: leak came_once class=definite blocks=1 bytes=5000
 * expect: sql SELECT count(*) >= 4 FROM leak_scan => 1
 * expect: sql SELECT count(DISTINCT blocks) >= 3 FROM leak WHERE class = 'definite' AND bytes % 100 = 0 AND bytes < 5000 => 1
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
