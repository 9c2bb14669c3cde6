/* Finds the session of a process, and asks its analyzer. */
#include "analyzer/commands/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/commands/profile_name.h"
#include "analyzer/diag.h"
#include "analyzer/input/request.h"
#include "analyzer/options.h"
#include "analyzer/xalloc.h"
#include "wire/session.h"

enum {
        NAP_MS = 20,
        PLACE_WAIT_MS = 10000,  /* for another snapshot of the same run */
        ANSWER_WAIT_MS = 60000, /* while the analyzer lives; large profiles take their time */
        SCAN_WAIT_MS = 10000,   /* of a large heap */
        BEAT_MS = 3000,         /* in which an analyzer that lives shows it */
        EVERY_MS_MIN = 2000,    /* names differ by the second */
        LOOK_MS = 100,          /* between looks whether the process has ended */
};

static const char usage[] = "usage: heaptap snapshot PID [options]\n"
                            "Writes a profile of now of a program that heaptap runs; the program runs on.";

struct request {
        pid_t pid;
        const char *output;
        bool force;
        int64_t every_ms; /* 0: once */
};

static void nap_ms(long ms)
{
        nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static void nap(void)
{
        nap_ms(NAP_MS);
}

static pid_t pid_parse(const char *text)
{
        char *end;
        long pid = strtol(text, &end, 10);

        if (end == text || *end || pid <= 0 || pid > INT_MAX)
                diag_usage("snapshot takes the pid of a program that heaptap runs, not \"%s\"", text);
        return (pid_t)pid;
}

/* The file that the process shares with its analyzer; to be freed. */
static char *session_path(pid_t pid)
{
        static const char ending[] = "/pipe.shared";
        char *name = xasprintf("/proc/%d/maps", (int)pid), *line = NULL, *found = NULL;
        FILE *maps = fopen(name, "re");
        size_t room = 0;
        ssize_t bytes = 0;

        if (!maps && errno == ENOENT)
                diag_die("there is no process %d; snapshot takes the pid of a program that heaptap runs", (int)pid);
        while (maps && !found && (bytes = getline(&line, &room, maps)) > 0) {
                char *path = strchr(line, '/');

                line[bytes - 1] = '\0';
                if (path && strlen(path) > strlen(ending) && strcmp(path + strlen(path) - strlen(ending), ending) == 0)
                        found = xstrdup(path);
        }
        if (!maps || (!found && ferror(maps)))
                diag_die("process %d cannot be looked at: %s; run heaptap snapshot as the user whose process it is",
                         (int)pid, strerror(errno));
        fclose(maps);
        free(line);
        free(name);
        if (!found)
                diag_die("process %d is not traced, or has no analyzer any more; start the program with heaptap",
                         (int)pid);
        return found;
}

static struct session_header *session_map(const char *path, pid_t pid)
{
        struct session_header *header = MAP_FAILED;
        struct stat facts;
        int fd = open(path, O_RDWR | O_CLOEXEC);

        if (fd >= 0 && fstat(fd, &facts) == 0 && facts.st_size >= SESSION_BYTES)
                header = mmap(NULL, SESSION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (header == MAP_FAILED)
                diag_die("the session of process %d, %s, cannot be opened: %s; run heaptap snapshot where, and as the "
                         "user "
                         "that, the program was started",
                         (int)pid, path, fd < 0 ? strerror(errno) : "it is no file of heaptap");
        close(fd);
        if (header->magic != SESSION_MAGIC || header->version != SESSION_VERSION)
                diag_die("process %d is traced by another version of heaptap; use its heaptap snapshot", (int)pid);
        return header;
}

/* False, and told, if the analyzer shows no sign of life any more. */
static bool analyzer_lives(struct session_header *header, pid_t pid, uint64_t *beat, int *still_ms)
{
        uint64_t now = atomic_load(&header->reader_beat);

        *still_ms = now == *beat ? *still_ms + NAP_MS : 0;
        *beat = now;
        if (atomic_load(&header->reader_pid) && *still_ms < BEAT_MS)
                return true;
        diag_warn("the analyzer of process %d does not answer: it has ended, or is stopped", (int)pid);
        return false;
}

static bool owner_is_gone(uint64_t state)
{
        return kill((pid_t)(state >> 8), 0) != 0 && errno == ESRCH;
}

/* One command at a time; a place is free, or its owner has died. */
static bool place_take(struct session_header *header, struct session_snapshot *place, pid_t pid)
{
        uint64_t beat = 0, mine = (uint64_t)getpid() << 8;
        int still_ms = 0;

        for (int waited_ms = 0; waited_ms < PLACE_WAIT_MS; waited_ms += NAP_MS) {
                uint64_t state = atomic_load(&place->state);
                enum session_turn turn = (enum session_turn)(state & 0xff);

                if ((turn == SESSION_FREE || (turn != SESSION_BEGUN && owner_is_gone(state))) &&
                    atomic_compare_exchange_strong(&place->state, &state, mine | SESSION_CLAIMED))
                        return true;
                if (!analyzer_lives(header, pid, &beat, &still_ms))
                        return false;
                nap();
        }
        diag_warn("another snapshot of process %d has not ended for %d s; try again later", (int)pid,
                  PLACE_WAIT_MS / 1000);
        return false;
}

static bool answer_await(struct session_header *header, struct session_snapshot *place, pid_t pid)
{
        uint64_t beat = 0;
        int still_ms = 0;

        for (int waited_ms = 0; waited_ms < ANSWER_WAIT_MS; waited_ms += NAP_MS) {
                /* Acquire: pairs with the analyzer's exchange, so that its answer is there. */
                if ((atomic_load_explicit(&place->state, memory_order_acquire) & 0xff) == SESSION_ANSWERED)
                        return true;
                if (!analyzer_lives(header, pid, &beat, &still_ms))
                        return false;
                nap();
        }
        diag_warn("the analyzer of process %d has not answered for %d s", (int)pid, ANSWER_WAIT_MS / 1000);
        return false;
}

/* Absolute, for the analyzer works in another directory, perhaps. */
static char *profile_path(const char *pattern, bool force, pid_t pid)
{
        char *link = xasprintf("/proc/%d/exe", (int)pid), exe[PATH_MAX] = "unknown", *name, *path;
        ssize_t bytes = readlink(link, exe, sizeof exe - 1);
        char *slash;

        if (bytes > 0)
                exe[bytes] = '\0';
        slash = strrchr(exe, '/');
        name = profile_name_expand("output", pattern, pid, slash ? slash + 1 : exe);
        if (!name)
                exit(DIAG_EXIT_USAGE);
        if (!profile_name_check(name, force))
                exit(DIAG_EXIT_FAILURE);
        path = *name == '/' ? xstrdup(name) : xasprintf("%s/%s", getcwd(exe, sizeof exe) ? exe : ".", name);
        free(link);
        free(name);
        return path;
}

static int ask(struct session_header *header, pid_t pid, uint32_t scan, const char *path, bool force)
{
        struct session_snapshot *place = session_snapshot(header);
        int status = DIAG_EXIT_FAILURE;

        if (strlen(path) >= sizeof place->path)
                diag_die("%s: the name is too long for a snapshot; choose another with -o FILE", path);
        if (!place_take(header, place, pid))
                return status;
        place->pid = (uint32_t)pid;
        place->scan = scan;
        place->overwrite = force;
        strcpy(place->path, path);
        place->trouble[0] = '\0';
        /* Release: pairs with the analyzer's look, so that it finds all of the question. */
        atomic_store_explicit(&place->state, (uint64_t)getpid() << 8 | SESSION_ASKED, memory_order_release);
        if (!answer_await(header, place, pid)) {
                atomic_store(&place->state, SESSION_FREE);
                return status;
        }
        place->trouble[sizeof place->trouble - 1] = '\0';
        if (*place->trouble)
                diag_warn("%s", place->trouble);
        else
                status = puts(path) < 0 || fflush(stdout) != 0 ? DIAG_EXIT_FAILURE : 0;
        atomic_store(&place->state, SESSION_FREE);
        return status;
}

/* Told if there is no scan for leaks of now. */
static void tell_scan(pid_t pid, enum request_status status)
{
        static const char *const why[] = {
                [REQUEST_PENDING] = "it allocates nothing now, and is scanned when it does",
                [REQUEST_BUSY] = "it is being scanned for somebody else",
                [REQUEST_FAILED] = "it could not be scanned",
                [REQUEST_NO_PROCESS] = "it has no part in the session any more",
        };

        if (status != REQUEST_DONE)
                diag_warn("the snapshot says nothing new of the leaks of process %d: %s", (int)pid, why[status]);
}

static bool has_ended(pid_t pid)
{
        return kill(pid, 0) != 0 && errno == ESRCH;
}

enum { ENDED = -1 };

/* ENDED: of several, that was no longer to be had. */
static int take(struct session_header *header, const struct request *request)
{
        char *path = profile_path(request->output, request->force, request->pid);
        uint32_t number = 0;
        enum request_status scanned = request_scan(header, (uint32_t)request->pid, SCAN_WAIT_MS, &number);
        int status = ENDED;

        if (!request->every_ms || scanned != REQUEST_NO_PROCESS) {
                tell_scan(request->pid, scanned);
                status = ask(header, request->pid, number, path, request->force);
        }
        free(path);
        return status;
}

static int64_t now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Until the process ends; then all is well. */
static int take_all(struct session_header *header, const struct request *request)
{
        for (int64_t next_ms = now_ms();; next_ms += request->every_ms) {
                for (; now_ms() < next_ms; nap_ms(LOOK_MS))
                        if (has_ended(request->pid))
                                return 0;

                int status = take(header, request);

                if (status)
                        return status == ENDED || has_ended(request->pid) ? 0 : status;
        }
}

int command_snapshot(int argc, char **argv)
{
        struct request request = {.output = "heaptap.%e.%p.%t.heap"};
        const char *pid_text = "";
        const struct option_spec spec[] = {
                {"output", 'o', OPTION_TEXT, &request.output, "FILE",
                 "the profile; %p %e %h %t %q{VAR}; default heaptap.%e.%p.%t.heap"},
                {"every", 0, OPTION_TIME, &request.every_ms, "T",
                 "one after the other until the program ends: 10s, 5m, 1h"},
                {"force", 'f', OPTION_FLAG, &request.force, NULL, "overwrite a profile that exists"},
        };
        struct session_header *header;
        char *session;

        /* Options may stand before and behind the pid. */
        for (int operand; argc > 1; argc -= operand, argv += operand) {
                operand = options_parse(usage, spec, sizeof spec / sizeof *spec, argc, argv);
                if (operand >= argc)
                        break;
                if (*pid_text)
                        diag_usage("snapshot: one process at a time, but there are %s and %s", pid_text, argv[operand]);
                pid_text = argv[operand];
                argv[operand] = argv[0];
        }
        if (!*pid_text)
                diag_usage("snapshot takes the pid of a program that heaptap runs; heaptap snapshot --help");
        if (request.every_ms && request.every_ms < EVERY_MS_MIN)
                diag_usage("snapshot --every takes two seconds at least");
        request.pid = pid_parse(pid_text);
        session = session_path(request.pid);
        header = session_map(session, request.pid);
        free(session);
        return request.every_ms ? take_all(header, &request) : take(header, &request);
}
