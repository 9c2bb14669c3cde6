/* The process is woken if it does not look by itself: by the signal that its slots name, and only if its status says
 * that a handler is there, and to a thread that does not block it. */
#define _GNU_SOURCE
#include "analyzer/input/request.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
        NAP_MS = 2,
        WAKE_MS = 20, /* in which a process that allocates has looked */
};

static void nap(void)
{
        nanosleep(&(struct timespec){.tv_nsec = NAP_MS * 1000000L}, NULL);
}

/* A mask of signals in a status file of /proc; false: it cannot be had. */
static bool status_mask(const char *path, const char *name, uint64_t *ret_mask)
{
        FILE *status = fopen(path, "re");
        char line[256];
        bool found = false;

        while (status && !found && fgets(line, sizeof line, status))
                if (strncmp(line, name, strlen(name)) == 0) {
                        *ret_mask = strtoull(line + strlen(name), NULL, 16);
                        found = true;
                }
        if (status)
                fclose(status);
        return found;
}

static bool blocks(uint32_t pid, uint32_t tid, uint32_t number)
{
        char path[64];
        uint64_t mask;

        snprintf(path, sizeof path, "/proc/%u/task/%u/status", pid, tid);
        return !status_mask(path, "SigBlk:", &mask) || mask >> (number - 1) & 1;
}

static bool send(uint32_t pid, uint32_t tid, uint32_t number)
{
        siginfo_t info = {.si_signo = (int)number, .si_code = SI_QUEUE};

        info.si_pid = getpid();
        info.si_uid = getuid();
        info.si_value.sival_ptr = (void *)(uintptr_t)SESSION_WAKE_COOKIE;
        return syscall(SYS_rt_tgsigqueueinfo, pid, tid, number, &info) == 0;
}

static bool wake(uint32_t pid, uint32_t number)
{
        char path[64];
        uint64_t caught;
        DIR *tasks;
        bool woken = false;

        snprintf(path, sizeof path, "/proc/%u/status", pid);
        if (!number || !status_mask(path, "SigCgt:", &caught) || !(caught >> (number - 1) & 1))
                return false;
        snprintf(path, sizeof path, "/proc/%u/task", pid);
        tasks = opendir(path);
        for (struct dirent *task; tasks && !woken && (task = readdir(tasks));) {
                uint32_t tid = (uint32_t)strtoul(task->d_name, NULL, 10);

                woken = tid && !blocks(pid, tid, number) && send(pid, tid, number);
        }
        if (tasks)
                closedir(tasks);
        return woken;
}

/* False: no slot of the session is the process'. */
static bool process_slot(struct session_header *session, uint32_t pid, uint32_t *ret_wake_signal)
{
        for (unsigned i = 0; i < SESSION_SLOTS; i++) {
                struct session_slot *slot = session_slot(session, i);

                if (!atomic_load(&slot->owner) || slot->pid != pid)
                        continue;
                *ret_wake_signal = atomic_load(&slot->wake_signal);
                return true;
        }
        return false;
}

/* The place of the request; 0: somebody else's is in it still, until timeout_ms were over. */
static uint64_t ask(struct session_header *session, uint32_t pid, unsigned *left_ms)
{
        for (;; nap()) {
                uint64_t before = atomic_load(&session->scan_wanted);
                uint64_t mine = (uint64_t)pid << 32 | (uint32_t)(before + 1);
                bool free = before == 0 || atomic_load(&session->scan_told) == before ||
                            (kill((pid_t)(before >> 32), 0) != 0 && errno == ESRCH) || before >> 32 == pid;

                if (free && atomic_compare_exchange_strong(&session->scan_wanted, &before, mine))
                        return mine;
                if (*left_ms <= NAP_MS)
                        return 0;
                *left_ms -= NAP_MS;
        }
}

enum request_status request_scan(struct session_header *session, uint32_t pid, unsigned timeout_ms, uint32_t *ret_scan)
{
        uint32_t wake_signal = 0;
        bool woken = false;
        uint64_t mine;

        if (!process_slot(session, pid, &wake_signal))
                return REQUEST_NO_PROCESS;
        mine = ask(session, pid, &timeout_ms);
        if (!mine)
                return REQUEST_BUSY;
        for (unsigned waited = 0; waited < timeout_ms; waited += NAP_MS, nap()) {
                /* Acquire: pairs with the release of the process; the number is there. */
                if (atomic_load_explicit(&session->scan_told, memory_order_acquire) == mine) {
                        *ret_scan = atomic_load(&session->scan_number);
                        return *ret_scan ? REQUEST_DONE : REQUEST_FAILED;
                }
                if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
                        return REQUEST_FAILED;
                if (!woken && waited >= WAKE_MS && atomic_load(&session->scan_begun) != mine)
                        woken = wake(pid, wake_signal);
        }
        return atomic_load(&session->scan_begun) == mine ? REQUEST_BUSY : REQUEST_PENDING;
}
