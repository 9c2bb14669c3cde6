/* /proc/thread-self/maps, line by line. */
#define _GNU_SOURCE
#include "preload/leaks/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "preload/platform.h"

int maps_open_own(const char *name)
{
        char path[40] = "/proc/thread-self/";

        strcat(path, name);
        return (int)platform_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
}

bool maps_open(struct maps *maps, char *buffer, size_t size)
{
        int descriptor = maps_open_own("maps");

        *maps = (struct maps){.descriptor = descriptor, .buffer = buffer, .size = size};
        return descriptor >= 0;
}

void maps_close(struct maps *maps)
{
        platform_syscall(SYS_close, maps->descriptor, 0, 0, 0, 0, 0);
}

static bool hexadecimal(const char **at, uintptr_t *ret_value)
{
        const char *begin = *at;
        uintptr_t value = 0;

        for (;; (*at)++) {
                char c = **at;

                if (c >= '0' && c <= '9')
                        value = value * 16 + (uintptr_t)(c - '0');
                else if (c >= 'a' && c <= 'f')
                        value = value * 16 + (uintptr_t)(c - 'a' + 10);
                else
                        break;
        }
        *ret_value = value;
        return *at != begin;
}

static bool begins(const char *text, const char *with)
{
        return strncmp(text, with, strlen(with)) == 0;
}

static enum map_of named(const char *name)
{
        if (*name == '/')
                return begins(name, "/dev/") && !begins(name, "/dev/zero") && !begins(name, "/dev/shm/") ? MAP_OF_DEVICE
                       : begins(name, "/dev/zero") ? MAP_OF_NOTHING
                                                   : MAP_OF_FILE;
        if (begins(name, "[stack"))
                return MAP_OF_STACK;
        /* [anon:…] is what a program calls its memory, and [heap] is that of brk. */
        return *name == '[' && !begins(name, "[anon") && !begins(name, "[heap]") ? MAP_OF_KERNEL : MAP_OF_NOTHING;
}

bool maps_parse(const char *line, struct map *ret_map)
{
        const char *at = line;
        struct map map;

        if (!hexadecimal(&at, &map.start) || *at++ != '-' || !hexadecimal(&at, &map.end) || *at++ != ' ')
                return false;
        for (unsigned i = 0; i < 4; i++)
                if (!at[i] || at[i] == '\n')
                        return false;
        map.readable = at[0] == 'r';
        map.writable = at[1] == 'w';
        map.executable = at[2] == 'x';
        map.shared = at[3] == 's';
        /* Behind the rights: offset, device, inode, name. */
        for (unsigned words = 0; words < 4; words++) {
                at += strcspn(at, " \n");
                at += strspn(at, " ");
        }
        map.of = named(at);
        *ret_map = map;
        return true;
}

/* Moves what is left to the front, and reads on. False: there is no more. */
static bool fill(struct maps *maps)
{
        long bytes;

        memmove(maps->buffer, maps->buffer + maps->at, maps->used - maps->at);
        maps->used -= maps->at;
        maps->at = 0;
        do
                bytes = platform_syscall(SYS_read, maps->descriptor, (long)(maps->buffer + maps->used),
                                         (long)(maps->size - 1 - maps->used), 0, 0, 0);
        while (bytes == -EINTR);
        if (bytes <= 0)
                return false;
        maps->used += (size_t)bytes;
        return true;
}

bool maps_next(struct maps *maps, struct map *ret_map)
{
        for (;;) {
                char *line = maps->buffer + maps->at;
                char *end = memchr(line, '\n', maps->used - maps->at);

                if (!end) {
                        if (!fill(maps))
                                return false;
                        continue;
                }
                *end = '\0';
                maps->at = (size_t)(end + 1 - maps->buffer);
                if (maps_parse(line, ret_map))
                        return true;
        }
}
