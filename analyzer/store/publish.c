/* renameat2 tells "taken" and renames in one step, so that two runs that end at once cannot lose one profile. */
#include "analyzer/store/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/xalloc.h"

static char *beside(const char *path, const char *name)
{
        const char *slash = strrchr(path, '/');

        return xasprintf("%.*s%s", slash ? (int)(slash - path + 1) : 0, path, name);
}

char *publish_begin(const char *path)
{
        char *temporary = beside(path, ".heaptap.XXXXXX");
        int fd = mkostemp(temporary, O_CLOEXEC);
        mode_t mask = umask(0);

        umask(mask);
        if (fd < 0) {
                int trouble = errno;

                free(temporary);
                errno = trouble;
                return NULL;
        }
        fchmod(fd, 0666 & ~mask); /* as any other file, not as a secret */
        close(fd);
        return temporary;
}

bool publish_end(const char *temporary, const char *path, bool overwrite)
{
        if (overwrite)
                return rename(temporary, path) == 0;
        if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
                return true;
        if (errno != EINVAL && errno != ENOSYS)
                return false;
        /* Some network file systems cannot do that; link(2) fails as well on a name that is taken. */
        return link(temporary, path) == 0 && unlink(temporary) == 0;
}

bool publish_latest(const char *path)
{
        const char *slash = strrchr(path, '/');
        char *latest = beside(path, "heaptap.latest");
        char *temporary = xasprintf("%s.%d", latest, (int)getpid());
        bool good = symlink(slash ? slash + 1 : path, temporary) == 0 && rename(temporary, latest) == 0;

        if (!good)
                unlink(temporary);
        free(temporary);
        free(latest);
        return good;
}
