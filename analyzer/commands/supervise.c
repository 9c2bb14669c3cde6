/* The two children of a run and the signals between them.
 *
 * Every signal that concerns us is blocked and taken with sigwaitinfo, so that no disposition is changed and PROGRAM
 * inherits what we inherited. PROGRAM is forked first, for its pid may be part of the profile's name, and held at a
 * gate until the reader listens. It stays in our process group: the terminal's signals reach it once, from the
 * terminal. The reader has a session of its own, where none of them reach it. */
#include "analyzer/commands/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/commands/profile_name.h"
#include "analyzer/commands/session_dir.h"
#include "analyzer/diag.h"
#include "analyzer/xalloc.h"

enum {
        READY_SECONDS_MAX = 30,
        PATIENCE_SECONDS = 2, /* before saying what is waited for */
        READER_READY_FD = 3,
        READER_STATUS_FD = 4,
        READER_ARGUMENTS_MAX = 32, /* besides --suppressions */
};

struct run {
        const struct run_options *options;
        const struct program *program;
        struct session_dir dir;
        char *profile, *raw; /* raw: NULL if none is wanted */
        sigset_t signals, signals_inherited;
        struct sigaction child_inherited; /* SIGCHLD, the one disposition that is changed */

        pid_t program_pid;
        int gate;    /* one byte lets PROGRAM start, closing it ends the child */
        int failure; /* the errno of a failed exec arrives here */
        int program_status;
        bool program_ended, program_stopped;

        pid_t reader_pid;
        int ready;     /* one byte comes when the reader listens */
        int status_fd; /* takes the line that says how PROGRAM ended */
        int reader_status;
        bool reader_ended;
        unsigned reader_hurried; /* how often it was told to end */
};

static bool failed(const char *what)
{
        diag_warn("%s: %s", what, strerror(errno));
        return false;
}

static void fd_close(int *fd)
{
        if (*fd >= 0)
                close(*fd);
        *fd = -1;
}

/* What was ignored when we came stays ignored: blocked, it would be kept for us all the same. */
static void signals_take(struct run *run)
{
        static const int taken[] = {SIGCHLD, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT, SIGTSTP, SIGPIPE};
        const struct sigaction standard = {.sa_handler = SIG_DFL};

        sigaction(SIGCHLD, &standard, &run->child_inherited);
        sigemptyset(&run->signals);
        for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
                struct sigaction now;

                sigaction(taken[i], NULL, &now);
                if (now.sa_handler != SIG_IGN || taken[i] == SIGCHLD || taken[i] == SIGPIPE)
                        sigaddset(&run->signals, taken[i]);
        }
        sigprocmask(SIG_BLOCK, &run->signals, &run->signals_inherited);
}

static void signals_give_back(const struct run *run)
{
        sigaction(SIGCHLD, &run->child_inherited, NULL);
        sigprocmask(SIG_SETMASK, &run->signals_inherited, NULL);
}

static void hand_on(const char *name, const char *value)
{
        if (value)
                setenv(name, value, 1);
        else
                unsetenv(name);
}

static void program_environment_set(const struct run *run)
{
        const struct run_options *options = run->options;
        const char *others = getenv("LD_PRELOAD"), *underscore = getenv("HEAPTAP_UNDERSCORE");

        setenv("LD_PRELOAD", others && *others ? xasprintf("%s:%s", run->dir.library, others) : run->dir.library, 1);
        if (underscore)
                setenv("_", underscore, 1); /* the shell that ran the wrapper has not handed it on */
        unsetenv("HEAPTAP_UNDERSCORE");
        setenv("HEAPTAP_PIPE", run->dir.pipe, 1);
        setenv("HEAPTAP_FOLLOW", options->follow ? "1" : "0", 1);
        setenv("HEAPTAP_TRACE", options->trace, 1);
        hand_on("HEAPTAP_SAMPLE", options->sample);
        hand_on("HEAPTAP_STACK_DEPTH", options->stack_depth);
        hand_on("HEAPTAP_UNWIND", options->unwind);
        hand_on("HEAPTAP_ON_ERROR", options->on_error);
        hand_on("HEAPTAP_LEAK_CHECK", options->leak_check);
        hand_on("HEAPTAP_LEAK_CHECK_EVERY", options->leak_check_every);
        hand_on("HEAPTAP_STOP", options->stop);
        hand_on("HEAPTAP_LEAK_SIGNAL", options->leak_signal);
        hand_on("HEAPTAP_WHO", options->who ? "1" : NULL);
        hand_on("HEAPTAP_RETAIN", options->retain);
        hand_on("HEAPTAP_RETAIN_MOST", options->retain_most);
        hand_on("HEAPTAP_DECAY_MS", options->decay_ms);
        hand_on("HEAPTAP_GOVERNOR", options->governor);
        hand_on("HEAPTAP_FILL", options->fill);
        hand_on("HEAPTAP_QUARANTINE", options->quarantine);
        hand_on("HEAPTAP_GUARD", options->guard);
        hand_on("HEAPTAP_DEBUG", options->debug ? "1" : NULL);
        hand_on("HEAPTAP_CANARIES", options->canaries ? "1" : NULL);
        hand_on("HEAPTAP_ENCODE_LINKS", options->encode_links ? "1" : NULL);
        hand_on("HEAPTAP_DROP", options->drop ? "1" : NULL);
}

/* As execvp does, a file that the kernel does not know is given to the shell. */
static void program_execute(const struct program *program)
{
        size_t count = 0;
        char **argv;

        execv(program->path, program->argv);
        if (errno != ENOEXEC)
                return;
        while (program->argv[count])
                count++;
        argv = xcalloc(count + 2, sizeof(*argv));
        argv[0] = xstrdup("/bin/sh");
        argv[1] = program->path;
        for (size_t i = 1; i < count; i++)
                argv[i + 1] = program->argv[i];
        execv(argv[0], argv);
        errno = ENOEXEC;
}

static _Noreturn void program_child(struct run *run, int gate, int failure)
{
        char go;
        int trouble;

        if (read(gate, &go, 1) != 1)
                _exit(DIAG_EXIT_FAILURE);
        program_environment_set(run);
        signals_give_back(run);
        program_execute(run->program);
        trouble = errno;
        if (write(failure, &trouble, sizeof(trouble)) < 0)
                _exit(DIAG_EXIT_FAILURE);
        _exit(PROGRAM_NOT_EXECUTABLE);
}

static bool program_fork(struct run *run)
{
        int gate[2], failure[2];

        if (pipe2(gate, O_CLOEXEC) || pipe2(failure, O_CLOEXEC))
                return failed("cannot make a pipe");
        run->program_pid = fork();
        if (run->program_pid < 0)
                return failed("cannot start a process");
        if (run->program_pid == 0) {
                close(gate[1]);
                close(failure[0]);
                program_child(run, gate[0], failure[1]);
        }
        close(gate[0]);
        close(failure[1]);
        run->gate = gate[1];
        run->failure = failure[0];
        return true;
}

/* Opens the gate. False: PROGRAM could not be executed, and the reason is printed. */
static bool program_release(struct run *run, int *ret_status)
{
        int trouble;
        ssize_t bytes;

        if (write(run->gate, "g", 1) != 1)
                return failed("cannot let the program start");
        fd_close(&run->gate);
        do
                bytes = read(run->failure, &trouble, sizeof(trouble));
        while (bytes < 0 && errno == EINTR);
        fd_close(&run->failure);
        if (bytes != sizeof(trouble))
                return true;
        diag_warn("%s cannot be executed: %s", run->program->path, strerror(trouble));
        *ret_status = trouble == ENOENT ? PROGRAM_NOT_FOUND : PROGRAM_NOT_EXECUTABLE;
        return false;
}

/* The reader takes its options from its arguments, and nothing must be preloaded into it. */
static void reader_environment_clean(void)
{
        static const char prefix[] = "HEAPTAP_";
        size_t kept = 0;

        unsetenv("LD_PRELOAD");
        for (size_t i = 0; environ[i]; i++)
                if (strncmp(environ[i], prefix, strlen(prefix)) != 0)
                        environ[kept++] = environ[i];
        environ[kept] = NULL;
}

/* The reader expands what it is given, and this name is expanded already. */
static char *percent_signs_double(const char *name)
{
        char *doubled = xcalloc(2 * strlen(name) + 1, 1);
        char *to = doubled;

        for (; *name; name++) {
                if (*name == '%')
                        *to++ = '%';
                *to++ = *name;
        }
        return doubled;
}

static void reader_arguments(const struct run *run, const char **argv)
{
        const struct run_options *options = run->options;
        size_t n = 0;

        argv[n++] = "heaptap-analyze";
        argv[n++] = "record";
        argv[n++] = "--input";
        argv[n++] = run->dir.pipe;
        argv[n++] = "--output";
        argv[n++] = percent_signs_double(run->profile);
        argv[n++] = "--ready-fd";
        argv[n++] = "3";
        argv[n++] = "--status-fd";
        argv[n++] = "4";
        argv[n++] = "--latest";
        if (run->raw) {
                argv[n++] = "--raw";
                argv[n++] = percent_signs_double(run->raw);
        }
        if (options->force)
                argv[n++] = "--force";
        if (options->report || !options->quiet) {
                argv[n++] = "--report";
                argv[n++] = options->report ? options->report : "-";
        }
        if (options->format) {
                argv[n++] = "--format";
                argv[n++] = options->format;
        }
        if (options->top) {
                argv[n++] = "--top";
                argv[n++] = options->top;
        }
        for (size_t i = 0; i < options->suppressions.count; i++) {
                argv[n++] = "--suppressions";
                argv[n++] = options->suppressions.text[i];
        }
        argv[n] = NULL;
}

/* The reader keeps standard error and nothing else of ours: whoever waits for the end of a pipe waits for PROGRAM. */
static _Noreturn void reader_child(struct run *run, int ready, int status_fd)
{
        const char **argv = xcalloc(READER_ARGUMENTS_MAX + 2 * run->options->suppressions.count, sizeof *argv);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        int high_ready = fcntl(ready, F_DUPFD, READER_STATUS_FD + 1);
        int high_status = fcntl(status_fd, F_DUPFD, READER_STATUS_FD + 1);

        setsid();
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(high_ready, READER_READY_FD);
        dup2(high_status, READER_STATUS_FD);
        closefrom(READER_STATUS_FD + 1);
        reader_arguments(run, argv);
        reader_environment_clean();
        sigaction(SIGCHLD, &run->child_inherited, NULL);
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv("/proc/self/exe", (char **)argv);
        failed("cannot start the analyzer");
        _exit(DIAG_EXIT_FAILURE);
}

static bool reader_fork(struct run *run)
{
        int ready[2], status_pipe[2];

        if (pipe2(ready, O_CLOEXEC) || pipe2(status_pipe, O_CLOEXEC))
                return failed("cannot make a pipe");
        run->reader_pid = fork();
        if (run->reader_pid < 0)
                return failed("cannot start a process");
        if (run->reader_pid == 0)
                reader_child(run, ready[1], status_pipe[0]);
        close(ready[1]);
        close(status_pipe[0]);
        run->ready = ready[0];
        run->status_fd = status_pipe[1];
        return true;
}

/* False: the reader ended, having said why, or does not answer. */
static bool reader_await(struct run *run)
{
        struct pollfd ready = {.fd = run->ready, .events = POLLIN};
        char byte;
        int count;

        do
                count = poll(&ready, 1, READY_SECONDS_MAX * 1000);
        while (count < 0 && errno == EINTR);
        if (count == 0)
                diag_warn("the analyzer did not get ready within %d s; the program was not started", READY_SECONDS_MAX);
        if (count <= 0 || read(run->ready, &byte, 1) != 1)
                return false;
        fd_close(&run->ready);
        return true;
}

/* The first time it is asked to write what it has; after that it is not asked. */
static void reader_hurry(struct run *run)
{
        if (run->reader_ended)
                return;
        kill(run->reader_pid, run->reader_hurried++ ? SIGKILL : SIGTERM);
        kill(run->reader_pid, SIGCONT);
}

static long long microseconds(const struct timeval *time)
{
        return (long long)time->tv_sec * 1000000 + time->tv_usec;
}

static void status_tell(struct run *run, const struct rusage *used)
{
        int status = run->program_status;
        bool signaled = WIFSIGNALED(status);

        /* When the reader is gone this fails, SIGPIPE being blocked; that is said later. */
        dprintf(run->status_fd, "%s %d %lld %lld %lld\n", signaled ? "signal" : "exit",
                signaled ? WTERMSIG(status) : WEXITSTATUS(status), (long long)used->ru_maxrss * 1024,
                microseconds(&used->ru_utime), microseconds(&used->ru_stime));
        fd_close(&run->status_fd);
}

/* PROGRAM was stopped from the terminal: so must we be, or the shell would not take the terminal back. SIGSTOP is
 * not mirrored; it comes from somebody who knows this process and may continue only it. */
static void stop_too(struct run *run, int signal_number)
{
        sigset_t one;

        if (signal_number == SIGSTOP)
                return;
        sigemptyset(&one);
        sigaddset(&one, signal_number);
        raise(signal_number);
        sigprocmask(SIG_UNBLOCK, &one, NULL); /* stops here */
        if (sigismember(&run->signals, signal_number))
                sigprocmask(SIG_BLOCK, &one, NULL);
        kill(run->program_pid, SIGCONT);
}

static void children_reap(struct run *run)
{
        struct rusage used;
        int status;
        pid_t pid;

        while ((pid = wait4(-1, &status, WNOHANG | WUNTRACED, &used)) > 0) {
                if (pid == run->program_pid && WIFSTOPPED(status)) {
                        stop_too(run, WSTOPSIG(status));
                } else if (pid == run->program_pid) {
                        run->program_status = status;
                        run->program_ended = true;
                        status_tell(run, &used);
                } else if (pid == run->reader_pid && !WIFSTOPPED(status)) {
                        run->reader_status = status;
                        run->reader_ended = true;
                        session_dir_end_reading(&run->dir);
                }
        }
}

static void signal_handle(struct run *run, int signal_number)
{
        switch (signal_number) {
        case SIGTERM:
        case SIGHUP:
        case SIGUSR1:
        case SIGUSR2:
                if (!run->program_ended)
                        kill(run->program_pid, signal_number);
                else if (signal_number == SIGTERM || signal_number == SIGHUP)
                        reader_hurry(run);
                break;
        case SIGINT:
        case SIGQUIT:
                if (run->program_ended)
                        reader_hurry(run);
                break;
        case SIGTSTP:
                if (run->program_ended)
                        stop_too(run, SIGTSTP);
                break;
        default:
                break;
        }
}

static bool waiting_worth_a_word(const struct run *run)
{
        return run->program_ended && !run->reader_ended && !run->options->quiet && isatty(STDERR_FILENO);
}

static void run_to_the_end(struct run *run)
{
        const struct timespec patience = {.tv_sec = PATIENCE_SECONDS};
        bool said = false;

        for (;;) {
                int signal_number;

                children_reap(run);
                if (run->program_ended && run->reader_ended)
                        return;
                if (said || !waiting_worth_a_word(run)) {
                        signal_number = sigwaitinfo(&run->signals, NULL);
                } else {
                        signal_number = sigtimedwait(&run->signals, NULL, &patience);
                        if (signal_number < 0 && errno == EAGAIN) {
                                diag_warn("%s has ended; waiting for the report, or for processes it left behind "
                                          "(Ctrl-C: "
                                          "report now)",
                                          run->program->name);
                                said = true;
                        }
                }
                if (signal_number > 0)
                        signal_handle(run, signal_number);
        }
}

/* From here on PROGRAM alone holds what it reads and writes, so that the others see its ends when it closes them. */
static void descriptors_drop(struct run *run)
{
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        int high_status = fcntl(run->status_fd, F_DUPFD_CLOEXEC, READER_STATUS_FD);

        if (null < 0 || high_status < 0)
                return;
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup3(high_status, READER_READY_FD, O_CLOEXEC);
        closefrom(READER_READY_FD + 1);
        run->status_fd = READER_READY_FD;
}

static void reader_loss_tell(const struct run *run)
{
        if (WIFSIGNALED(run->reader_status))
                diag_warn(
                        "the analyzer was killed by signal %d (%s): there is no profile; the program was not affected",
                        WTERMSIG(run->reader_status), strsignal(WTERMSIG(run->reader_status)));
}

/* What was begun is taken back; PROGRAM has not run. */
static void run_abandon(struct run *run)
{
        fd_close(&run->gate);
        if (run->reader_pid > 0) {
                kill(run->reader_pid, SIGKILL);
                waitpid(run->reader_pid, NULL, 0);
        }
        if (run->program_pid > 0) {
                kill(run->program_pid, SIGKILL);
                waitpid(run->program_pid, NULL, 0);
        }
}

static bool names_expand(struct run *run)
{
        const struct run_options *options = run->options;

        run->profile = profile_name_expand("output", options->output, run->program_pid, run->program->name);
        if (options->raw)
                run->raw = profile_name_expand("raw", options->raw, run->program_pid, run->program->name);
        if (run->profile && run->raw && strcmp(run->profile, run->raw) == 0) {
                diag_warn("--raw and --output are both %s: the profile and the raw file are two files", run->raw);
                return false;
        }
        return run->profile && (run->raw || !options->raw);
}

static bool names_check(const struct run *run)
{
        const struct run_options *options = run->options;

        return profile_name_check(run->profile, options->force) &&
               (!run->raw || profile_name_check_raw(run->raw, options->force)) &&
               (!options->report || profile_name_check_report(options->report));
}

static bool run_begin(struct run *run, int *ret_status)
{
        if (!program_fork(run))
                return false;
        if (!names_expand(run)) {
                *ret_status = DIAG_EXIT_USAGE;
                return false;
        }
        return names_check(run) && reader_fork(run) && reader_await(run) && program_release(run, ret_status);
}

/* PROGRAM's core is PROGRAM's; a second one of this process would take its place. */
static _Noreturn void die_of(int signal_number)
{
        const struct sigaction standard = {.sa_handler = SIG_DFL};
        const struct rlimit no_core = {0, 0};
        sigset_t one;

        setrlimit(RLIMIT_CORE, &no_core);
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        sigaction(signal_number, &standard, NULL);
        sigemptyset(&one);
        sigaddset(&one, signal_number);
        raise(signal_number);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
        _exit(128 + signal_number);
}

int supervised_status(const struct supervised *supervised)
{
        if (WIFSIGNALED(supervised->wait_status))
                die_of(WTERMSIG(supervised->wait_status));
        return WEXITSTATUS(supervised->wait_status);
}

int supervise(const struct run_options *options, const struct program *program, struct supervised *ret_supervised)
{
        struct run run = {
                .options = options, .program = program, .gate = -1, .failure = -1, .ready = -1, .status_fd = -1};
        int status = DIAG_EXIT_FAILURE;

        signals_take(&run);
        if (!session_dir_make(options->library, &run.dir))
                return status;
        if (!run_begin(&run, &status)) {
                run_abandon(&run);
                session_dir_remove(&run.dir);
                return status;
        }
        descriptors_drop(&run);
        run_to_the_end(&run);
        reader_loss_tell(&run);
        session_dir_remove(&run.dir);
        free(run.raw);
        *ret_supervised = (struct supervised){
                .wait_status = run.program_status,
                .reader_ended = WIFEXITED(run.reader_status) && WEXITSTATUS(run.reader_status) == 0,
                .profile = run.profile,
        };
        return 0;
}
