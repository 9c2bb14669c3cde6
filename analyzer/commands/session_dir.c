/* Makes and removes the directory of one run. */
#include "analyzer/commands/session_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/diag.h"
#include "wire/session.h"

static bool fail(const char *what, const char *path)
{
        diag_warn("%s %s: %s", what, path, strerror(errno));
        return false;
}

enum {
        STALE_SECONDS = 60, /* younger ones may be about to be opened */
        ROOM_BLOCKS = 16,   /* besides the session file */
};

/* A wrapper that is killed cannot remove its directory, and its program and reader may go on. When nobody has the pipe
 * open any more, the next run removes it. */
static void stale_remove(const char *parent, const char *name)
{
        struct session_dir dir;
        struct stat facts;
        int fd;

        snprintf(dir.path, sizeof(dir.path), "%.200s/%.50s", parent, name);
        snprintf(dir.pipe, sizeof(dir.pipe), "%s/pipe", dir.path);
        if (lstat(dir.pipe, &facts) || !S_ISFIFO(facts.st_mode) || facts.st_uid != geteuid() ||
            time(NULL) - facts.st_mtime < STALE_SECONDS)
                return;
        fd = open(dir.pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
                close(fd);
        else if (errno == ENXIO)
                session_dir_remove(&dir);
}

static void stale_find(const char *parent)
{
        DIR *listing = opendir(parent);
        struct dirent *entry;

        if (!listing)
                return;
        while ((entry = readdir(listing)))
                if (!strncmp(entry->d_name, "heaptap.", strlen("heaptap.")))
                        stale_remove(parent, entry->d_name);
        closedir(listing);
}

/* False: errno says why. A file system that does not know its size has room. */
static bool has_room(const char *parent)
{
        struct statvfs facts;

        if (statvfs(parent, &facts) != 0)
                return false;
        errno = ENOSPC;
        return !facts.f_blocks || facts.f_bavail >= SESSION_BYTES / facts.f_frsize + ROOM_BLOCKS;
}

/* In memory where that is to be had: what is written there must not wait for a disk. */
static bool directory_make(struct session_dir *dir)
{
        const char *parents[] = {"/dev/shm", getenv("TMPDIR"), "/tmp"};

        for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
                if (!parents[i] || parents[i][0] != '/' || strpbrk(parents[i], " :$"))
                        continue;
                if (has_room(parents[i]) &&
                    snprintf(dir->path, sizeof(dir->path), "%s/heaptap.XXXXXX", parents[i]) < (int)sizeof(dir->path) &&
                    mkdtemp(dir->path)) {
                        stale_find(parents[i]);
                        return true;
                }
        }
        dir->path[0] = '\0';
        return fail("no directory for the run could be made in /dev/shm, $TMPDIR or", "/tmp");
}

/* LD_PRELOAD is split at spaces and colons, and $ begins a token of the loader: such a path gets a link without them.
 * The path must be absolute in any case, as programs executed from elsewhere inherit it with --follow. */
static bool library_find(const char *named, struct session_dir *dir)
{
        char beside[PATH_MAX] = "";
        char real[PATH_MAX];

        if (!named) {
                ssize_t bytes = readlink("/proc/self/exe", beside, sizeof(beside) - sizeof("libheaptap.so"));
                char *slash = bytes > 0 ? strrchr(beside, '/') : NULL;

                if (!slash)
                        return fail("cannot read", "/proc/self/exe");
                strcpy(slash + 1, "libheaptap.so");
                named = beside;
        }
        if (!realpath(named, real) || access(real, R_OK))
                return fail("the library cannot be read:", named);
        if (!strpbrk(real, " :$")) {
                memcpy(dir->library, real, sizeof(real));
                return true;
        }
        snprintf(dir->library, sizeof(dir->library), "%s/libheaptap.so", dir->path);
        return !symlink(real, dir->library) || fail("cannot make the link", dir->library);
}

bool session_dir_make(const char *library, struct session_dir *ret_dir)
{
        if (!directory_make(ret_dir))
                return false;
        snprintf(ret_dir->pipe, sizeof(ret_dir->pipe), "%s/pipe", ret_dir->path);
        if (library_find(library, ret_dir) &&
            (!mkfifo(ret_dir->pipe, 0600) || fail("cannot make the pipe", ret_dir->pipe)))
                return true;
        session_dir_remove(ret_dir);
        return false;
}

void session_dir_remove(const struct session_dir *dir)
{
        DIR *listing = opendir(dir->path);
        struct dirent *entry;

        if (!listing)
                return;
        while ((entry = readdir(listing)))
                unlinkat(dirfd(listing), entry->d_name, 0); /* fails for . and .., as it should */
        closedir(listing);
        rmdir(dir->path);
}

void session_dir_end_reading(const struct session_dir *dir)
{
        char path[PATH_MAX];
        struct session_header *header;
        struct stat facts;
        int fd;

        snprintf(path, sizeof(path), "%s.shared", dir->pipe);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
                return;
        if (!fstat(fd, &facts) && facts.st_size >= (off_t)sizeof(*header)) {
                header = mmap(NULL, sizeof(*header), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
                if (header != MAP_FAILED) {
                        atomic_store(&header->reader_pid, 0);
                        munmap(header, sizeof(*header));
                }
        }
        close(fd);
}
