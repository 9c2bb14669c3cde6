/* Lines of /proc/PID/maps. */
#include "preload/leaks/maps.h"

#include <criterion/criterion.h>

static struct map parsed(const char *line)
{
        struct map map;

        cr_assert(maps_parse(line, &map), "%s", line);
        return map;
}

Test(maps, rights_and_names)
{
        struct map map = parsed("7ffd1000-7ffd3000 rw-p 00000000 00:00 0 ");

        cr_assert_eq(map.start, 0x7ffd1000);
        cr_assert_eq(map.end, 0x7ffd3000);
        cr_assert(map.readable && map.writable && !map.executable && !map.shared);
        cr_assert_eq(map.of, MAP_OF_NOTHING);
        cr_assert_eq(parsed("1000-2000 rw-p 00000000 00:00 0                          [heap]").of, MAP_OF_NOTHING);
        cr_assert_eq(parsed("1000-2000 rw-p 00000000 00:00 0                          [anon:mine]").of, MAP_OF_NOTHING);
        cr_assert_eq(parsed("1000-2000 rw-p 00000000 00:00 0                          [stack]").of, MAP_OF_STACK);
        cr_assert_eq(parsed("1000-2000 r--p 00000000 00:00 0                          [vvar]").of, MAP_OF_KERNEL);
        cr_assert_eq(parsed("1000-2000 rw-s 00000000 00:01 9       /dev/zero (deleted)").of, MAP_OF_NOTHING);
        cr_assert_eq(parsed("1000-2000 rw-s 00000000 00:01 9       /dev/dri/card0").of, MAP_OF_DEVICE);
        cr_assert_eq(parsed("1000-2000 rw-p 00000000 00:01 9       /dev/shm/x").of, MAP_OF_FILE);
        map = parsed("1000-2000 r-xs 00000000 08:01 1234     /usr/lib/a b.so");
        cr_assert(map.executable && map.shared && !map.writable);
        cr_assert_eq(map.of, MAP_OF_FILE);
}

Test(maps, what_is_none_is_said)
{
        struct map map;

        cr_assert_not(maps_parse("", &map));
        cr_assert_not(maps_parse("1000", &map));
        cr_assert_not(maps_parse("1000-2000", &map));
        cr_assert_not(maps_parse("1000-2000 rw", &map));
        cr_assert_not(maps_parse("hello-world rw-p", &map));
}

Test(maps, a_small_buffer_gives_the_same_as_a_large_one)
{
        static char small[MAPS_BUFFER_MIN], large[1 << 20];
        struct maps a, b;
        struct map left, right;
        unsigned count = 0;

        cr_assert(maps_open(&a, small, sizeof small));
        cr_assert(maps_open(&b, large, sizeof large));
        while (maps_next(&a, &left)) {
                cr_assert(maps_next(&b, &right));
                cr_assert_eq(left.start, right.start);
                cr_assert_eq(left.end, right.end);
                cr_assert_eq(left.of, right.of);
                count++;
        }
        cr_assert_not(maps_next(&b, &right));
        cr_assert_gt(count, 10);
        maps_close(&a);
        maps_close(&b);
}
