/* Finds PROGRAM as execvp would, follows #! lines, and looks into the ELF file for what preloading cannot do. */
#include "analyzer/commands/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "analyzer/commands/elf_facts.h"
#include "analyzer/diag.h"
#include "analyzer/xalloc.h"

enum {
        SCRIPT_DEPTH_MAX = 5,    /* as in the kernel */
        SCRIPT_LINE_BYTES = 256, /* as in the kernel */
        SCRIPT_WORDS_MAX = 16,
};

/* What a message is about: PROGRAM, or the interpreter that its #! line names. */
struct subject {
        const char *path;
        const char *script; /* NULL: path is PROGRAM itself */
};

__attribute__((format(printf, 3, 4))) static int refuse(int status, const struct subject *subject, const char *format,
                                                        ...)
{
        char why[PATH_MAX];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(why, sizeof(why), format, arguments);
        va_end(arguments);
        if (subject->script)
                diag_warn("%s, which runs the script %s, %s", subject->path, subject->script, why);
        else
                diag_warn("%s %s", subject->path, why);
        return status;
}

/* 0, or the errno that says why path cannot be executed. */
static int executable_trouble(const char *path)
{
        struct stat facts;

        if (stat(path, &facts))
                return errno;
        if (S_ISDIR(facts.st_mode))
                return EISDIR;
        if (!S_ISREG(facts.st_mode))
                return EACCES;
        return access(path, X_OK) ? errno : 0;
}

/* Like execvp: what cannot be executed is passed over, but remembered. Returns the path, or NULL and the trouble. */
static char *path_search(const char *name, int *ret_trouble)
{
        const char *path = getenv("PATH");
        int trouble = ENOENT;
        char candidate[PATH_MAX];

        if (!path)
                path = "/bin:/usr/bin";
        for (const char *next = path; next; path = next + 1) {
                int trouble_here;
                int bytes;

                next = strchr(path, ':');
                bytes = next ? (int)(next - path) : (int)strlen(path);
                if (snprintf(candidate, sizeof(candidate), "%.*s%s%s", bytes, path, bytes ? "/" : "", name) >=
                    (int)sizeof(candidate))
                        continue;
                trouble_here = executable_trouble(candidate);
                if (!trouble_here)
                        return xstrdup(candidate);
                if (trouble_here == EACCES)
                        trouble = EACCES;
        }
        *ret_trouble = trouble;
        return NULL;
}

static char *program_search(const char *word, int *ret_trouble)
{
        int trouble;

        if (*word && !strchr(word, '/'))
                return path_search(word, ret_trouble);
        trouble = executable_trouble(word);
        if (!trouble)
                return xstrdup(word);
        *ret_trouble = trouble;
        return NULL;
}

static int search_failed(const struct subject *subject, int trouble)
{
        if (trouble == ENOENT || trouble == ENOTDIR)
                return refuse(PROGRAM_NOT_FOUND, subject, "was not found%s",
                              strchr(subject->path, '/') ? "" : " on the PATH");
        if (trouble == EISDIR)
                return refuse(PROGRAM_NOT_EXECUTABLE, subject, "is a directory");
        if (trouble == EACCES)
                return refuse(PROGRAM_NOT_EXECUTABLE, subject, "cannot be executed: permission denied (chmod +x?)");
        return refuse(PROGRAM_NOT_EXECUTABLE, subject, "cannot be executed: %s", strerror(trouble));
}

/* The kernel drops LD_PRELOAD for a program that gains rights. It gains none as long as they are what we have. */
static bool gains_rights(const char *path)
{
        struct stat facts;
        struct statvfs mount;

        if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
                return false;
        if (stat(path, &facts) || (!statvfs(path, &mount) && mount.f_flag & ST_NOSUID))
                return false;
        if (facts.st_mode & S_ISUID && facts.st_uid != getuid())
                return true;
        if ((facts.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && facts.st_gid != getgid())
                return true;
        return getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

static int rights_check(const struct subject *subject)
{
        if (!gains_rights(subject->path))
                return 0;
        return refuse(PROGRAM_UNFIT, subject,
                      "runs with other rights than yours (setuid, setgid or file capabilities), so nothing can be "
                      "preloaded into it; run a copy without them, or run heaptap as that user");
}

static int elf_check(int fd, const struct subject *subject)
{
        struct elf_facts facts;
        int status = rights_check(subject);

        if (status)
                return status;
        if (!elf_facts_read(fd, &facts))
                return refuse(PROGRAM_NOT_EXECUTABLE, subject, "is damaged: its ELF headers cannot be read");
        if (facts.foreign)
                return refuse(PROGRAM_UNFIT, subject,
                              "is a %s program and this heaptap traces %s only; build it for that", facts.machine,
                              facts.machine_own);
        if (facts.statically_linked)
                return refuse(PROGRAM_UNFIT, subject,
                              "is statically linked, so nothing can be preloaded into it; link it dynamically");
        if (facts.other_libc)
                return refuse(PROGRAM_UNFIT, subject,
                              "needs the loader %s and this heaptap is built for the GNU C library; build it for that",
                              facts.loader);
        if (facts.sanitizer)
                return refuse(PROGRAM_UNFIT, subject,
                              "is built with %s, which must have the allocator for itself; build it without",
                              facts.sanitizer);
        return 0;
}

/* The words of the #! line: the interpreter, then at most one argument. Returns their number, 0 if there is no line. */
static unsigned script_line_split(char *line, ssize_t bytes, char *ret_words[2])
{
        unsigned count = 0;
        char *end = line + strcspn(line, "\n");

        if (bytes < 3 || line[0] != '#' || line[1] != '!')
                return 0;
        while (end > line + 2 && strchr(" \t\r", end[-1]))
                end--;
        *end = '\0';
        line += 2 + strspn(line + 2, " \t");
        if (*line)
                ret_words[count++] = line;
        line += strcspn(line, " \t");
        if (!*line)
                return count;
        *line++ = '\0';
        ret_words[count++] = line + strspn(line, " \t");
        return count;
}

/* env(1) executes another program and would be the one that is traced. So "#!/usr/bin/env [-S] python3 …" is read here,
 * in its plain form. Returns the words behind env, or NULL. */
static char **env_words(char *argument)
{
        static char *words[SCRIPT_WORDS_MAX + 1];
        unsigned count = 0;
        bool split = !strncmp(argument, "-S", 2);

        if (split)
                argument += 2;
        if (argument[strcspn(argument, "=\\$'\"#")])
                return NULL;
        for (char *word = strtok(argument, split ? " \t" : ""); word; word = strtok(NULL, split ? " \t" : "")) {
                if (count == SCRIPT_WORDS_MAX)
                        return NULL;
                words[count++] = word;
        }
        words[count] = NULL;
        return count && words[0][0] != '-' && !strpbrk(words[0], " \t") ? words : NULL;
}

/* program becomes: words, its path, and its arguments. */
static void program_put_behind(struct program *program, char **words, char *interpreter)
{
        size_t words_count = 0, arguments_count = 0;
        char **argv;

        while (words[words_count])
                words_count++;
        while (program->argv[arguments_count])
                arguments_count++;
        argv = xcalloc(words_count + arguments_count + 2, sizeof(*argv));
        for (size_t i = 0; i < words_count; i++)
                argv[i] = xstrdup(words[i]);
        argv[words_count] = program->path;
        for (size_t i = 1; i < arguments_count; i++)
                argv[words_count + i] = program->argv[i];
        program->argv = argv;
        program->path = interpreter;
}

static int file_check(struct program *program, const char *path, const char *script, unsigned depth);

/* words are those behind env on the #! line of path. */
static int env_script_check(struct program *program, const char *path, char **words, unsigned depth)
{
        const struct subject subject = {words[0], path};
        int trouble = 0;
        int status;
        char *found = program_search(words[0], &trouble);

        if (!found)
                return search_failed(&subject, trouble);
        status = file_check(program, found, path, depth + 1);
        if (!status)
                program_put_behind(program, words, found);
        return status;
}

static int script_check(struct program *program, const char *path, char *line_words[2], unsigned count, unsigned depth)
{
        const struct subject interpreter = {line_words[0], path};
        const char *base = strrchr(line_words[0], '/');
        char **words = NULL;
        int trouble;

        if (count == 2 && depth == 0 && base && !strcmp(base, "/env"))
                words = env_words(line_words[1]);
        if (words)
                return env_script_check(program, path, words, depth);
        trouble = executable_trouble(line_words[0]);
        if (trouble)
                return search_failed(&interpreter, trouble);
        return depth < SCRIPT_DEPTH_MAX ? file_check(program, line_words[0], path, depth + 1) : 0;
}

/* What cannot be read, or is no ELF file and no script with a #! line, is left to the kernel and to execvp's rules. */
static int file_check(struct program *program, const char *path, const char *script, unsigned depth)
{
        const struct subject subject = {path, script};
        char line[SCRIPT_LINE_BYTES + 1] = "";
        char *line_words[2];
        unsigned count;
        ssize_t bytes;
        int status = 0;
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return rights_check(&subject);
        bytes = pread(fd, line, SCRIPT_LINE_BYTES, 0);
        count = script_line_split(line, bytes, line_words);
        if (bytes >= SELFMAG && !memcmp(line, ELFMAG, SELFMAG))
                status = elf_check(fd, &subject);
        else if (count)
                status = script_check(program, path, line_words, count, depth);
        close(fd);
        return status;
}

int program_find(char **argv, struct program *ret_program)
{
        const struct subject subject = {argv[0], NULL};
        struct program program = {.argv = argv};
        int trouble = 0;
        int status;

        program.path = program_search(argv[0], &trouble);
        if (!program.path)
                return search_failed(&subject, trouble);
        program.name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
        status = file_check(&program, program.path, NULL, 0);
        if (!status)
                *ret_program = program;
        return status;
}
