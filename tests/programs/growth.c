/* grows adds 1 MiB each second, steadily; sawtooth goes up and down around nothing.
 * expect: growth grows bytes=1MiB~6%
 * expect: live grows blocks=200 bytes=200*10485
 * expect: growth sawtooth bytes=-20000..20000
 * expect: live sawtooth blocks=0
 * expect: total sawtooth allocations=200
 * expect: sql SELECT last_ns - first_ns FROM site_function WHERE function = 'grows' => 2s~10%
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void grows(void)
{
        memset(keep(malloc(10485)), 1, 10485);
}

NOINLINE static void *sawtooth(void)
{
        return keep(malloc(1000));
}

int main(void)
{
        uint64_t start = now_ns();
        void *held[20];

        for (unsigned i = 0; i < 200; i++) {
                int64_t wait = (int64_t)(start + i * 10000000ull - now_ns());

                if (wait > 0)
                        sleep_ms(wait / 1000000 + 1);
                grows();
                held[i % 20] = sawtooth();
                for (unsigned k = 0; i % 20 == 19 && k < 20; k++)
                        free(held[k]);
        }
        return 0;
}
