/* Expands and checks the names of files before PROGRAM starts, so that no long run ends without them. */
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
#include "analyzer/model/process.h"
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

char *profile_name_expand(const char *option, const char *pattern, pid_t pid, const char *program)
{
        char *name = NULL;
        size_t bytes;
        FILE *out = open_memstream(&name, &bytes);
        bool good = out && pattern_write(pattern, pid, program, out);

        if (!out || fclose(out))
                diag_die("out of memory");
        if (good)
                return name;
        diag_warn("--%s %s: %% stands before p, h, e, t, q{VARIABLE} or another %%; see heaptap --help", option,
                  pattern);
        free(name);
        return NULL;
}

char *profile_name_expand_of(const char *option, const char *pattern, const struct process *main)
{
        const char *exe = main->told && *main->exe ? main->exe : "unknown";
        const char *slash = strrchr(exe, '/');

        return profile_name_expand(option, pattern, (pid_t)main->pid, slash ? slash + 1 : exe);
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

static bool complain(const char *what, const char *path, int trouble, const char *option)
{
        diag_warn("the %s %s cannot be written: %s; choose another place with %s FILE", what, path, strerror(trouble),
                  option);
        return false;
}

static bool check_free(const char *what, const char *path, bool overwrite, const char *option)
{
        struct stat facts;

        if (overwrite || lstat(path, &facts))
                return true;
        diag_warn("the %s %s exists; overwrite it with -f, or choose another with %s FILE", what, path, option);
        return false;
}

bool profile_name_check(const char *path, bool overwrite)
{
        int trouble = place_trouble(path);

        return trouble ? complain("profile", path, trouble, "-o") : check_free("profile", path, overwrite, "-o");
}

bool profile_name_check_raw(const char *path, bool overwrite)
{
        struct stat facts;
        int trouble = 0;

        if (stat(path, &facts) || S_ISDIR(facts.st_mode) || S_ISREG(facts.st_mode))
                trouble = place_trouble(path);
        else if (access(path, W_OK))
                trouble = errno;
        return trouble ? complain("raw file", path, trouble, "--raw")
                       : check_free("raw file", path, overwrite, "--raw");
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
        return !trouble || complain("report", path, trouble, "--report");
}
