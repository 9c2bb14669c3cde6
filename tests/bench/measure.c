/* Runs a program and writes what it cost: measure -o FILE [-e NAME=VALUE]… [-t SECONDS] PROGRAM ARGS…
 *
 * One line goes to FILE: wall, user and system time in microseconds, peak RSS in KiB, exit status. The times are those
 * of the program and of the children it waited for, from wait4. -e sets the environment of the program alone.
 *
 * It allocates nothing itself and starts the program with posix_spawn (vfork): ru_maxrss of a process also remembers
 * the size it had before exec, and a forked copy would report the size of the parent. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static volatile pid_t program;

static void too_late(int number)
{
        (void)number;
        kill(program, SIGKILL);
}

static long long now_us(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static long long timeval_us(struct timeval time)
{
        return time.tv_sec * 1000000LL + time.tv_usec;
}

static int usage(void)
{
        static const char text[] = "usage: measure -o FILE [-e NAME=VALUE]... [-t SECONDS] PROGRAM ARGS...\n";

        return write(2, text, sizeof text - 1) < 0 ? 125 : 2;
}

static void report(const char *path, long long wall_us, const struct rusage *used, int status)
{
        char line[160];
        int length = snprintf(line, sizeof line, "%lld %lld %lld %ld %d\n", wall_us, timeval_us(used->ru_utime),
                              timeval_us(used->ru_stime), used->ru_maxrss, status);
        int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

        if (file < 0 || write(file, line, (size_t)length) != length) {
                perror(path);
                _exit(2);
        }
        close(file);
}

int main(int argc, char **argv)
{
        const char *output = NULL;
        long long start;
        struct rusage used;
        int option, status, error;
        pid_t pid;

        while ((option = getopt(argc, argv, "+o:e:t:")) != -1) {
                if (option == 'o')
                        output = optarg;
                else if (option == 'e')
                        putenv(optarg);
                else if (option == 't')
                        alarm((unsigned)atoi(optarg));
                else
                        return usage();
        }
        if (!output || optind == argc)
                return usage();

        start = now_us();
        error = posix_spawnp(&pid, argv[optind], NULL, NULL, argv + optind, environ);
        if (error) {
                errno = error;
                perror(argv[optind]);
                return error == ENOENT ? 127 : 126;
        }
        program = pid;
        signal(SIGALRM, too_late);
        while (wait4(pid, &status, 0, &used) < 0)
                if (errno != EINTR)
                        return 2;

        status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        report(output, now_us() - start, &used, status);
        return status;
}
