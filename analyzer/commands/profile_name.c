/* Expands and checks the name of the profile before PROGRAM starts, so that no long run ends without one. */
#include "analyzer/commands/profile_name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/diag.h"
#include "analyzer/xalloc.h"

static void time_put(FILE *out)
{
        char text[32];
        time_t now = time(NULL);
        struct tm local;

        if (localtime_r(&now, &local) && strftime(text, sizeof(text), "%Y%m%d-%H%M%S", &local))
                fputs(text, out);
}

static void host_put(FILE *out)
{
        char name[HOST_NAME_MAX + 1] = "";

        gethostname(name, sizeof(name) - 1);
        fputs(name, out);
}

/* {VAR} as in %q{VAR}. A slash of the value stays, so that it can name a directory. Returns what follows, or NULL. */
static const char *variable_put(const char *braced, FILE *out)
{
        char name[128];
        const char *value;
        size_t bytes = strcspn(braced, "}");

        if (*braced != '{' || !braced[bytes] || bytes < 2 || bytes > sizeof(name))
                return NULL;
        memcpy(name, braced + 1, bytes - 1);
        name[bytes - 1] = '\0';
        value = getenv(name);
        fputs(value ? value : "", out);
        return braced + bytes + 1;
}

static bool pattern_write(const char *pattern, pid_t pid, const char *program, FILE *out)
{
        while (*pattern) {
                if (*pattern != '%') {
                        fputc(*pattern++, out);
                        continue;
                }
                switch (pattern[1]) {
                case 'p':
                        fprintf(out, "%d", (int)pid);
                        break;
                case 'e':
                        fputs(program, out);
                        break;
                case 'h':
                        host_put(out);
                        break;
                case 't':
                        time_put(out);
                        break;
                case '%':
                        fputc('%', out);
                        break;
                case 'q':
                        pattern = variable_put(pattern + 2, out);
                        if (!pattern)
                                return false;
                        continue;
                default:
                        return false;
                }
                pattern += 2;
        }
        return true;
}

char *profile_name_expand(const char *pattern, pid_t pid, const char *program)
{
        char *name = NULL;
        size_t bytes;
        FILE *out = open_memstream(&name, &bytes);
        bool good = out && pattern_write(pattern, pid, program, out);

        if (!out || fclose(out))
                diag_die("out of memory");
        if (good)
                return name;
        diag_warn("--output %s: %% stands before p, h, e, t, q{VARIABLE} or another %%; see heaptap --help", pattern);
        free(name);
        return NULL;
}

/* access(2) is not asked: it says yes to root where the file system says no. */
static int file_make_trouble(const char *directory)
{
        char name[PATH_MAX];
        int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

        if (fd >= 0) {
                close(fd);
                return 0;
        }
        if (errno != EOPNOTSUPP && errno != EISDIR)
                return errno;
        if (snprintf(name, sizeof(name), "%s/.heaptap.XXXXXX", directory) >= (int)sizeof(name))
                return ENAMETOOLONG;
        fd = mkostemp(name, O_CLOEXEC);
        if (fd < 0)
                return errno;
        close(fd);
        unlink(name);
        return 0;
}

/* 0, or the errno that says why no file can be made in the directory of path. */
static int place_trouble(const char *path)
{
        const char *slash = strrchr(path, '/');
        char *directory = xstrdup(slash == path ? "/" : slash ? path : ".");
        struct stat facts;
        int trouble;

        if (slash > path)
                directory[slash - path] = '\0';
        trouble = file_make_trouble(directory);
        free(directory);
        if (!trouble && (!*path || (!stat(path, &facts) && S_ISDIR(facts.st_mode))))
                trouble = EISDIR;
        return trouble;
}

bool profile_name_check(const char *path, bool overwrite)
{
        int trouble = place_trouble(path);
        struct stat facts;

        if (trouble) {
                diag_warn("the profile %s cannot be written: %s; choose another place with -o FILE", path,
                          strerror(trouble));
                return false;
        }
        if (!lstat(path, &facts) && !overwrite) {
                diag_warn("the profile %s exists; overwrite it with -f, or choose another with -o FILE", path);
                return false;
        }
        return true;
}

/* An existing file may be a device or a FIFO; in its place no other is made. */
bool profile_name_check_report(const char *path)
{
        struct stat facts;
        int trouble = 0;

        if (stat(path, &facts) || S_ISDIR(facts.st_mode))
                trouble = place_trouble(path);
        else if (access(path, W_OK))
                trouble = errno;
        if (trouble)
                diag_warn("the report %s cannot be written: %s; choose another place with --report FILE", path,
                          strerror(trouble));
        return !trouble;
}
