/* When a file was used last is the time of its last change, which every file system keeps. */
#include "analyzer/symbols/cache_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/xalloc.h"

/* Under sudo the home is often another user's: he shall not find files there that he cannot remove. */
static bool is_own(const char *path, mode_t forbidden)
{
        struct stat facts;

        return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == geteuid() &&
               !(facts.st_mode & forbidden);
}

char *cache_dir(void)
{
        static const char *const step[] = {"", "/heaptap", "/heaptap/symbols"};
        static const mode_t forbidden[] = {0, 0, S_IWGRP | S_IWOTH};
        const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
        char *base, *path = NULL;

        if (xdg && *xdg == '/')
                base = xstrdup(xdg);
        else if (home && *home == '/' && is_own(home, 0))
                base = xasprintf("%s/.cache", home);
        else
                return NULL;
        for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
                free(path);
                path = xasprintf("%s%s", base, step[i]);
                mkdir(path, 0700);
                if (!is_own(path, forbidden[i])) {
                        free(path);
                        path = NULL;
                        break;
                }
        }
        free(base);
        return path;
}

void cache_dir_used(int fd, int seconds)
{
        struct stat facts;

        if (fstat(fd, &facts) == 0 && time(NULL) - facts.st_mtime > seconds)
                futimens(fd, NULL);
}

struct file {
        char *name;
        struct timespec used;
        size_t bytes;
};

static int by_use(const void *left, const void *right)
{
        const struct file *a = left, *b = right;

        if (a->used.tv_sec != b->used.tv_sec)
                return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
        return (a->used.tv_nsec > b->used.tv_nsec) - (a->used.tv_nsec < b->used.tv_nsec);
}

/* Those that are being written, too: they are left behind if a writer is killed. */
static struct file *list(DIR *directory, size_t *ret_count)
{
        struct file *file = NULL;
        size_t room = 0;
        struct dirent *entry;
        struct stat facts;

        *ret_count = 0;
        while ((entry = readdir(directory))) {
                if (fstatat(dirfd(directory), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
                    !S_ISREG(facts.st_mode))
                        continue;
                file = xgrow(file, *ret_count, &room, sizeof *file);
                file[(*ret_count)++] = (struct file){xstrdup(entry->d_name), facts.st_mtim, (size_t)facts.st_size};
        }
        return file;
}

void cache_dir_limit(const char *directory, size_t bytes_max)
{
        DIR *open = opendir(directory);
        size_t count, bytes = 0;
        struct file *file;

        if (!open)
                return;
        file = list(open, &count);
        for (size_t i = 0; i < count; i++)
                bytes += file[i].bytes;
        if (count)
                qsort(file, count, sizeof *file, by_use);
        for (size_t i = 0; i < count; i++) {
                if (bytes > bytes_max && unlinkat(dirfd(open), file[i].name, 0) == 0)
                        bytes -= file[i].bytes;
                free(file[i].name);
        }
        free(file);
        closedir(open);
}
