/* The mappings of this process as the kernel lists them, read by plain system calls into memory of the caller. */
#ifndef PRELOAD_LEAKS_MAPS_H
#define PRELOAD_LEAKS_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum map_of {
        MAP_OF_NOTHING, /* anonymous */
        MAP_OF_FILE,
        MAP_OF_DEVICE, /* /dev/zero apart, which is anonymous memory */
        MAP_OF_STACK,  /* of the main thread */
        MAP_OF_KERNEL, /* [vvar] and its like */
};

struct map {
        uintptr_t start, end;
        bool readable, writable, executable, shared;
        enum map_of of;
};

struct maps {
        int descriptor;
        char *buffer;
        size_t size, used, at; /* of the buffer; filled; read */
};

enum { MAPS_BUFFER_MIN = 8192 }; /* a line has a path of 4096 bytes at most */

/* A file of /proc about this process' memory, for reading; negative: it cannot be had. By the calling thread, since
 * nothing is to be learnt from a first thread that has ended. */
int maps_open_own(const char *name);

bool maps_open(struct maps *maps, char *buffer, size_t size); /* false: they cannot be read */
bool maps_next(struct maps *maps, struct map *ret_map);       /* false: that was all */
void maps_close(struct maps *maps);

/* One line as in /proc/PID/maps, ending with a newline or NUL. False: it is none. */
bool maps_parse(const char *line, struct map *ret_map);

#endif
