/* How short memory is, read from a directory that looks like the kernel's. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/alloc/pressure.h"

enum { MIB = 1 << 20 };

static char root[] = "/tmp/heaptap-unit.XXXXXX";

static void begin(void)
{
        cr_assert_not_null(mkdtemp(root));
        pressure_root(root);
}

static void end(void)
{
        char command[100];

        snprintf(command, sizeof command, "rm -rf %s", root);
        cr_assert_eq(system(command), 0);
}

TestSuite(pressure, .init = begin, .fini = end);

static char *path_of(const char *name)
{
        static char path[200];

        snprintf(path, sizeof path, "%s%s", root, name);
        return path;
}

static void put(const char *name, const char *contents)
{
        char *path = path_of(name);
        FILE *file;

        for (char *slash = path + sizeof root; (slash = strchr(slash, '/')); slash++) {
                *slash = '\0';
                mkdir(path, 0755);
                *slash = '/';
        }
        file = fopen(path, "w");
        cr_assert_not_null(file);
        fputs(contents, file);
        fclose(file);
}

static void expect(enum pressure_source source, uint64_t used, uint64_t limit)
{
        struct pressure pressure;

        cr_assert_eq(pressure_read(&pressure), PRESSURE_READ);
        cr_expect_eq(pressure.source, source);
        cr_expect_eq(pressure.used, used, "%lu", pressure.used);
        cr_expect_eq(pressure.limit, limit, "%lu", pressure.limit);
}

Test(pressure, where_there_is_nothing_to_read_it_ends_for_good)
{
        struct pressure pressure;

        cr_assert_eq(pressure_read(&pressure), PRESSURE_NEVER);
}

Test(pressure, the_machine_is_a_limit)
{
        put("/proc/meminfo",
            "MemTotal:       1000 kB\nMemFree:          10 kB\nMemAvailable:    600 kB\nBuffers: 0 kB\n");
        expect(PRESSURE_MACHINE, 400 * 1024, 1000 * 1024);
}

Test(pressure, a_group_of_version_2)
{
        put("/proc/self/cgroup", "0::/a/b\n");
        put("/sys/fs/cgroup/a/b/memory.max", "max\n");
        put("/sys/fs/cgroup/a/b/memory.high", "1000\n");
        put("/sys/fs/cgroup/a/b/memory.current", "300\n");
        expect(PRESSURE_CGROUP, 300, 1000);
        put("/sys/fs/cgroup/a/b/memory.max", "600\n");
        expect(PRESSURE_CGROUP, 300, 600);
}

Test(pressure, the_group_nearest_to_its_limit_counts)
{
        put("/proc/self/cgroup", "0::/a/b\n");
        put("/sys/fs/cgroup/a/b/memory.max", "1000\n");
        put("/sys/fs/cgroup/a/b/memory.current", "300\n");
        put("/sys/fs/cgroup/a/memory.max", "2000\n");
        put("/sys/fs/cgroup/a/memory.current", "1800\n");
        put("/proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n");
        expect(PRESSURE_CGROUP, 1800, 2000);
}

Test(pressure, a_group_of_version_1)
{
        put("/proc/self/cgroup", "9:name=systemd:/\n4:memory:/x\n1:cpu:/y\n0::/\n");
        put("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "5000\n");
        put("/sys/fs/cgroup/memory/x/memory.usage_in_bytes", "1000\n");
        put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        expect(PRESSURE_CGROUP, 1000, 5000);
}

Test(pressure, in_a_container_the_limit_is_where_the_mount_begins)
{
        put("/proc/self/cgroup", "4:memory:/docker/0123456789abcdef\n");
        put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n");
        put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n");
        expect(PRESSURE_CGROUP, 1000, 5000);
}

Test(pressure, files_that_nobody_uses_are_not_counted)
{
        put("/proc/self/cgroup", "0::/\n");
        put("/sys/fs/cgroup/memory.max", "1000\n");
        put("/sys/fs/cgroup/memory.current", "900\n");
        put("/sys/fs/cgroup/memory.stat", "anon 100\nfile 700\ninactive_anon 5\nactive_file 100\ninactive_file 600\n");
        expect(PRESSURE_CGROUP, 300, 1000);
}

Test(pressure, a_group_without_a_limit_is_none)
{
        put("/proc/self/cgroup", "0::/\n");
        put("/sys/fs/cgroup/memory.max", "max\n");
        put("/sys/fs/cgroup/memory.current", "900\n");
        put("/proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
        expect(PRESSURE_NONE, 0, 0);
}

Test(pressure, stalls_are_read_of_the_group_if_it_has_them)
{
        struct pressure pressure;

        put("/proc/pressure/memory", "some avg10=12.34 avg60=0.00 avg300=0.00 total=0\nfull avg10=5.06 avg60=1.00\n");
        cr_assert_eq(pressure_read(&pressure), PRESSURE_READ);
        cr_expect_eq(pressure.stalled, 1234);
        cr_expect_eq(pressure.stalled_all, 506);
}

Test(pressure, stalls_of_the_group)
{
        struct pressure pressure;

        put("/proc/pressure/memory", "some avg10=12.34 avg60=0.00 avg300=0.00 total=0\nfull avg10=5.06 avg60=1.00\n");
        put("/proc/self/cgroup", "0::/a\n");
        put("/sys/fs/cgroup/a/memory.max", "1000\n");
        put("/sys/fs/cgroup/a/memory.current", "1\n");
        put("/sys/fs/cgroup/a/memory.pressure", "some avg10=1.00 avg60=0.00\nfull avg10=100.00 avg60=0\n");
        cr_assert_eq(pressure_read(&pressure), PRESSURE_READ);
        cr_expect_eq(pressure.stalled, 100);
        cr_expect_eq(pressure.stalled_all, 10000);
}

Test(pressure, the_address_space_is_a_limit)
{
        const struct rlimit limit = {(rlim_t)1 << 50, (rlim_t)1 << 50};

        put("/proc/self/status", "VmPeak:\t  999 kB\nVmSize:\t  800 kB\nVmData:\t   50 kB\n");
        cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
        expect(PRESSURE_ADDRESS_SPACE, 800 * 1024, (uint64_t)1 << 50);
}

Test(pressure, data_is_a_limit)
{
        const struct rlimit limit = {(rlim_t)1 << 50, (rlim_t)1 << 50};

        put("/proc/self/status", "VmSize:\t  800 kB\nVmData:\t   50 kB\n");
        cr_assert_eq(setrlimit(RLIMIT_DATA, &limit), 0);
        expect(PRESSURE_DATA, 50 * 1024, (uint64_t)1 << 50);
}

Test(pressure, a_file_that_must_not_be_read_ends_it_for_good)
{
        struct pressure pressure;

        put("/proc/pressure/memory", "some avg10=0.00\n");
        put("/proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n");
        cr_assert_eq(chmod(path_of("/proc/meminfo"), 0), 0);
        if (geteuid() == 0)
                cr_assert_eq(chmod(root, 0755) | setresuid((uid_t)-1, 65534, 0), 0);
        cr_assert_eq(pressure_read(&pressure), PRESSURE_NEVER);
        if (getuid() == 0)
                cr_assert_eq(seteuid(0), 0);
}

Test(pressure, without_a_descriptor_it_is_tried_again)
{
        struct rlimit limit;
        struct pressure pressure;

        put("/proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n");
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, limit.rlim_max}), 0);

        enum pressure_status status = pressure_read(&pressure);

        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        cr_assert_eq(status, PRESSURE_LATER);
        cr_assert_eq(pressure_read(&pressure), PRESSURE_READ);
}

Test(pressure, what_the_files_say_is_not_trusted)
{
        struct pressure pressure;
        static char big[5000];

        memset(big, '9', sizeof big - 1);
        put("/proc/self/cgroup", big);
        put("/proc/meminfo", big);
        put("/proc/pressure/memory", big);
        pressure_read(&pressure);
        put("/proc/self/cgroup", "0::");
        put("/proc/meminfo", "MemTotal:");
        put("/proc/pressure/memory", "some avg10=");
        pressure_read(&pressure);
        put("/sys/fs/cgroup/memory.max", "0");
        put("/sys/fs/cgroup/memory.current", "-1");
        put("/proc/self/cgroup", "0::/");
        for (int i = 0; i < 100; i++)
                pressure_read(&pressure);
}

Test(pressure, no_descriptor_is_left_open)
{
        struct pressure pressure;
        int before = dup(0), after;

        close(before);
        put("/proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n");
        put("/proc/pressure/memory", "some avg10=0.00\n");
        for (int i = 0; i < 200; i++)
                pressure_read(&pressure);
        after = dup(0);
        cr_assert_eq(before, after);
}
