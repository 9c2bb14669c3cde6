/* libc loads and unloads modules of its own for iconv, by calls that nobody can get between. Two take turns at one address:
 * whoever was there when a block was made must be named.
 * build: for i in 1 2; do $CC $FLAGS -DMODULE=$i -shared -fPIC -o $OUT/TURN$i.so $SRC || exit 1; done
 * build: for i in 1 2; do echo "module TURN$i// INTERNAL TURN$i 1"; done >$OUT/gconv-modules
 * build: $CC $FLAGS -o $EXE $SRC
 * run: $OUT
 * expect: exit 0
 * expect: live made_by_1<gconv_init blocks=10 bytes=10*101
 * expect: live made_by_2<gconv_init blocks=10 bytes=10*102
 * expect: sql SELECT count(*) FROM site_stack WHERE function = 'made_by_1' AND module NOT LIKE '%TURN1.so' => 0
 * expect: sql SELECT count(*) FROM site_stack WHERE function = 'made_by_2' AND module NOT LIKE '%TURN2.so' => 0
 * expect: sql SELECT count(DISTINCT start) FROM module WHERE path LIKE '%/TURN_.so' => 1
 * expect: sql SELECT count(DISTINCT generation) FROM module WHERE path LIKE '%/TURN_.so' => 20
 * expect: walk agrees
 */
#include "program.h"

#ifdef MODULE
#define NAME_(number) made_by_##number
#define NAME(number) NAME_(number)
#include <gconv.h>

/* Frames of different sizes at the same place in the code, so that a stale rule leads astray. */
NOINLINE void *NAME(MODULE)(void);
NOINLINE void *NAME(MODULE)(void)
{
        volatile char room[MODULE * 128 + 64];

        room[0] = room[MODULE * 128 + 64 - 1] = 1;
        void *block = keep(malloc(100 + MODULE));

        room[1] = 2;
        return room[1] ? block : NULL;
}

int gconv_init(struct __gconv_step *step);
int gconv_init(struct __gconv_step *step)
{
        memset(NAME(MODULE)(), MODULE, 100 + MODULE);
        step->__data = NULL;
        step->__min_needed_from = step->__max_needed_from = 1;
        step->__min_needed_to = step->__max_needed_to = 4;
        step->__stateful = 0;
        return __GCONV_OK;
}

int gconv(struct __gconv_step *step, struct __gconv_step_data *data, const unsigned char **in, const unsigned char *end,
          unsigned char **out, size_t *irreversible, int flush, int consume);
int gconv(UNUSED struct __gconv_step *step, UNUSED struct __gconv_step_data *data, UNUSED const unsigned char **in,
          UNUSED const unsigned char *end, UNUSED unsigned char **out, UNUSED size_t *irreversible, UNUSED int flush,
          UNUSED int consume)
{
        return __GCONV_EMPTY_INPUT;
}
#else
#include <iconv.h>

static void open_and_close(const char *from)
{
        iconv_t handle = iconv_open("UCS-4", from);

        CHECK(handle != (iconv_t)-1);
        CHECK(iconv_close(handle) == 0);
}

int main(UNUSED int argc, char **argv)
{
        CHECK(setenv("GCONV_PATH", argv[1], 1) == 0);
        for (int i = 0; i < 20; i++) {
                open_and_close(i % 2 ? "TURN2" : "TURN1");
                for (int k = 0; k < 6; k++) /* a module goes when others have been closed some times since its use */
                        open_and_close("KOI8-R");
        }
        return 0;
}
#endif
