/* Reading the kernel's files, with as few system calls as can be and no stdio. */
#define _GNU_SOURCE
#include "preload/alloc/pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
        PATH_BYTES = 768,
        ROOT_BYTES = 256,
        TEXT_BYTES = 4096,
        GROUPS_MAX = 4,     /* that have a limit, from the innermost out */
        READINGS_LOOK = 64, /* readings until the groups are looked for again: processes are moved */
        PERCENT = 100,
        USED_WORTH_A_LOOK = 70, /* percent: then it is asked how much of it are files */
};

/* No limit is as much as this; version 1 says a number near the greatest there is. */
#define LIMIT_NONE (UINT64_C(1) << 60)

enum version { VERSION_1, VERSION_2 };

static const struct names {
        const char *mount, *limit, *limit_soft, *used, *cache;
} names[] = {
        [VERSION_1] = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", NULL, "memory.usage_in_bytes",
                       "\ntotal_inactive_file "},
        [VERSION_2] = {"/sys/fs/cgroup", "memory.max", "memory.high", "memory.current", "\ninactive_file "},
};

/* One reader at a time, and threads' stacks may be small. */
static char root[ROOT_BYTES];
static char text[TEXT_BYTES];
static enum version version;
static char group[GROUPS_MAX][PATH_BYTES]; /* directories */
static unsigned group_count, readings;
static bool refused, scarce, something;

void pressure_root(const char *path)
{
        if (strlen(path) < sizeof root)
                strcpy(root, path);
}

static void note_error(void)
{
        refused |= errno == EPERM || errno == EACCES || errno == ENOSYS;
        scarce |= errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EINTR;
}

/* The front of a file in text, ended by NUL; NULL: it is not there, or cannot be read now. */
static const char *read_path(const char *path)
{
        long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC), bytes;

        if (file < 0) {
                note_error();
                return NULL;
        }
        bytes = syscall(SYS_read, file, text, sizeof text - 1);
        if (bytes < 0)
                note_error();
        syscall(SYS_close, file);
        if (bytes <= 0)
                return NULL;
        text[bytes] = '\0';
        return text;
}

/* a, b and c one after the other; false: too long. */
static bool join(char *ret_path, const char *a, const char *b, const char *c)
{
        if (strlen(a) + strlen(b) + strlen(c) >= PATH_BYTES)
                return false;
        stpcpy(stpcpy(stpcpy(ret_path, a), b), c);
        return true;
}

static const char *read_file(const char *directory, const char *name)
{
        static char path[PATH_BYTES];

        return join(path, directory, *name == '/' ? "" : "/", name) ? read_path(path) : NULL;
}

static uint64_t number_at(const char *at)
{
        uint64_t number = 0;

        while (*at == ' ')
                at++;
        for (; *at >= '0' && *at <= '9' && number < UINT64_MAX / 10 - 1; at++)
                number = number * 10 + (uint64_t)(*at - '0');
        return number;
}

/* The number behind a word; 0: there is none. */
static uint64_t number_behind(const char *from, const char *word)
{
        const char *at = from ? strstr(from, word) : NULL;

        return at ? number_at(at + strlen(word)) : 0;
}

static uint64_t limit_in(const char *directory, const char *name)
{
        const char *said = name ? read_file(directory, name) : NULL;
        uint64_t limit = said && *said >= '0' && *said <= '9' ? number_at(said) : LIMIT_NONE;

        return limit && limit < LIMIT_NONE ? limit : LIMIT_NONE;
}

static uint64_t group_limit(const char *directory)
{
        uint64_t limit = limit_in(directory, names[version].limit);
        uint64_t limit_soft = limit_in(directory, names[version].limit_soft);

        return limit < limit_soft ? limit : limit_soft;
}

/* The path of this process's group, from a file of lines like 4:memory:/path and 0::/path. */
static bool group_of_process(char *ret_path)
{
        static char file[PATH_BYTES];
        const char *said = join(file, root, "/proc/self/cgroup", "") ? read_path(file) : NULL;
        const char *at = said ? strstr(said, ":memory:") : NULL;
        size_t bytes;

        version = at ? VERSION_1 : VERSION_2;
        if (said && !at)
                at = strncmp(said, "0::", 3) == 0 ? said + 1 : strstr(said, "\n0::");
        if (!at)
                return false;
        at = strchr(at, '/');
        bytes = at ? strcspn(at, "\n") : 0;
        if (!bytes || bytes >= PATH_BYTES / 2)
                return false;
        memcpy(ret_path, at, bytes);
        ret_path[bytes == 1 ? 0 : bytes] = '\0';
        return true;
}

/* The groups that have a limit, from this process's own out to the outermost that can be seen. Inside a container the
 * inner names may lead nowhere, and the limit is where the mount begins. */
static void groups_find(void)
{
        static char path[PATH_BYTES], top[PATH_BYTES];

        group_count = 0;
        if (!group_of_process(path) || !join(top, root, names[version].mount, ""))
                return;
        for (;;) {
                char *slash;

                if (join(group[group_count], top, path, "") && group_limit(group[group_count]) != LIMIT_NONE &&
                    ++group_count == GROUPS_MAX)
                        return;
                slash = strrchr(path, '/');
                if (!slash)
                        return;
                *slash = '\0';
        }
}

static void consider(struct pressure *pressure, enum pressure_source source, uint64_t used, uint64_t limit)
{
        if (!limit || limit >= LIMIT_NONE)
                return;
        something = true;
        if (pressure->source == PRESSURE_NONE ||
            (double)used / (double)limit > (double)pressure->used / (double)pressure->limit) {
                pressure->source = source;
                pressure->used = used;
                pressure->limit = limit;
        }
}

/* Pages of files that nobody has used lately make way by themselves. */
static void consider_group(struct pressure *pressure, const char *directory)
{
        uint64_t limit = group_limit(directory), used = 0, cache = 0;
        const char *said = read_file(directory, names[version].used);

        if (said)
                used = number_at(said);
        if (used / USED_WORTH_A_LOOK > limit / PERCENT)
                cache = number_behind(read_file(directory, "memory.stat"), names[version].cache);
        consider(pressure, PRESSURE_CGROUP, used > cache ? used - cache : 0, limit);
}

static void consider_rlimits(struct pressure *pressure)
{
        struct rlimit space, data;
        uint64_t space_limit = LIMIT_NONE, data_limit = LIMIT_NONE;
        const char *said;

        errno = 0;
        if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
                space_limit = space.rlim_cur;
        if (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY)
                data_limit = data.rlim_cur;
        if (errno)
                note_error();
        if ((space_limit == LIMIT_NONE && data_limit == LIMIT_NONE) || !(said = read_file(root, "/proc/self/status")))
                return;
        consider(pressure, PRESSURE_ADDRESS_SPACE, number_behind(said, "VmSize:\t") * 1024, space_limit);
        consider(pressure, PRESSURE_DATA, number_behind(said, "VmData:\t") * 1024, data_limit);
}

static void consider_machine(struct pressure *pressure)
{
        const char *said = read_file(root, "/proc/meminfo");
        uint64_t total = number_behind(said, "MemTotal:") * 1024, left = number_behind(said, "MemAvailable:") * 1024;

        if (left)
                consider(pressure, PRESSURE_MACHINE, total > left ? total - left : 0, total);
}

/* "some avg10=1.23 …": in hundredths. */
static unsigned stalled(const char *said, const char *word)
{
        const char *at = said ? strstr(said, word) : NULL;
        uint64_t whole;

        if (!at)
                return 0;
        at += strlen(word);
        whole = number_at(at);
        at += strspn(at, "0123456789");
        if (whole > PERCENT)
                whole = PERCENT;
        if (at[0] != '.' || strspn(at + 1, "0123456789") < 2)
                return (unsigned)whole * PERCENT;
        return (unsigned)(whole * PERCENT) + (unsigned)(at[1] - '0') * 10 + (unsigned)(at[2] - '0');
}

static void read_stalls(struct pressure *pressure)
{
        const char *said = NULL;

        if (version == VERSION_2 && group_count)
                said = read_file(group[0], "memory.pressure");
        if (!said)
                said = read_file(root, "/proc/pressure/memory");
        something |= said != NULL;
        pressure->stalled = stalled(said, "some avg10=");
        pressure->stalled_all = stalled(said, "full avg10=");
}

enum pressure_status pressure_read(struct pressure *ret_pressure)
{
        struct pressure pressure = {.source = PRESSURE_NONE};

        refused = scarce = something = false;
        if (readings++ % READINGS_LOOK == 0)
                groups_find();
        for (unsigned i = 0; i < group_count && !refused; i++)
                consider_group(&pressure, group[i]);
        if (!refused) /* each further call might be the one that kills */
                consider_rlimits(&pressure);
        if (!refused)
                consider_machine(&pressure);
        if (!refused)
                read_stalls(&pressure);
        if (scarce && !refused)
                return PRESSURE_LATER;
        if (refused || !something)
                return PRESSURE_NEVER;
        *ret_pressure = pressure;
        return PRESSURE_READ;
}
