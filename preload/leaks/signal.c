/* By plain system calls: what libraries put in front of sigaction (a runtime's chain of handlers, say) is not asked. */
#define _GNU_SOURCE
#include "preload/leaks/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "preload/platform.h"

enum {
        SIGNAL_DEFAULT = 61, /* of the real-time ones. SIGRTMAX - 3: the last two are taken by some runtimes */
        SIGNAL_FIRST = 34,   /* the two below are libc's own */
        SIGNAL_LAST = 64,
        MASK_BYTES = 8,
        STATUS_BYTES = 4096,
};

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif

/* As the kernel has it (asm/signal.h). */
struct kernel_action {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
};

static struct {
        int preferred, current; /* 0: none */
        signal_taker *take;
} state;

#if defined(__x86_64__)
/* As libc's, byte by byte: debuggers and unwinders know it by that. Its address may be looked up one byte early. */
void leak_sigreturn(void) __attribute__((visibility("hidden")));
__asm__(".text\n"
        "        nop\n"
        "        .p2align 4\n"
        "        .type leak_sigreturn, @function\n"
        "        .hidden leak_sigreturn\n"
        "leak_sigreturn:\n"
        "        mov $15, %rax\n"
        "        syscall\n"
        "        .size leak_sigreturn, . - leak_sigreturn\n");
#endif

static bool action(int signal, const struct kernel_action *new, struct kernel_action *ret_old)
{
        return platform_syscall(SYS_rt_sigaction, signal, (long)new, (long)ret_old, MASK_BYTES, 0, 0) == 0;
}

/* Somebody who does not know that it is taken has sent it: then what would have happened without us, happens. */
static COLD void as_by_default(int signal)
{
        struct kernel_action none = {.handler = NULL};
        uint64_t mask = UINT64_C(1) << (signal - 1);
        long pid = platform_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0), tid = platform_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);

        action(signal, &none, NULL);
        platform_syscall(SYS_tgkill, pid, tid, signal, 0, 0, 0);
        platform_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&mask, 0, MASK_BYTES, 0, 0);
}

static void handler(int signal, siginfo_t *info, void *context)
{
        bool ours = info->si_code == SI_QUEUE && state.take((uintptr_t)info->si_value.sival_ptr, context);

        if (!ours && signal != SIGURG)
                as_by_default(signal);
}

bool signal_is_for_us(const siginfo_t *info)
{
        return info->si_code == SI_QUEUE && state.take && state.take((uintptr_t)info->si_value.sival_ptr, NULL);
}

void signal_prefer(int signal, signal_taker *take)
{
        state.preferred = signal;
        state.take = take;
}

static bool is_ours(int signal)
{
        struct kernel_action now = {.handler = NULL};

        return signal && action(signal, NULL, &now) && now.handler == (void *)handler;
}

bool signal_is_ours(void)
{
        return is_ours(state.current);
}

/* SA_ONSTACK: there are threads whose stack has no room for a signal's frame, and which have another one for that. */
static bool claim(int signal)
{
        struct kernel_action ours = {
                .handler = (void *)handler,
                .flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK,
                .mask = ~UINT64_C(0),
        };
        struct kernel_action old = {.handler = NULL};

#if defined(__x86_64__)
        ours.flags |= SA_RESTORER;
        ours.restorer = (void *)leak_sigreturn;
#endif
        if (!action(signal, NULL, &old) || old.handler != (void *)SIG_DFL || !action(signal, &ours, &old))
                return false;
        if (old.handler == (void *)SIG_DFL)
                return true;
        action(signal, &old, NULL); /* the program was quicker */
        return false;
}

int signal_ready(void)
{
        if (signal_is_ours())
                return state.current;
        state.current = 0;
        if (state.preferred)
                state.current = claim(state.preferred) ? state.preferred : 0;
        if (!state.preferred && claim(SIGURG))
                state.current = SIGURG;
        for (int signal = SIGNAL_DEFAULT; !state.preferred && !state.current && signal >= SIGNAL_FIRST; signal--)
                state.current = claim(signal) ? signal : 0;
        for (int signal = SIGNAL_DEFAULT + 1; !state.preferred && !state.current && signal <= SIGNAL_LAST; signal++)
                state.current = claim(signal) ? signal : 0;
        return state.current;
}

bool signal_send(uint32_t tid, uintptr_t value)
{
        long pid = platform_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
        siginfo_t info;

        memset(&info, 0, sizeof info);
        info.si_signo = state.current;
        info.si_code = SI_QUEUE;
        info.si_pid = (pid_t)pid;
        info.si_value.sival_ptr = (void *)value;
        return platform_syscall(SYS_rt_tgsigqueueinfo, pid, (long)tid, state.current, (long)&info, 0, 0) == 0;
}

uint64_t signal_block_all(void)
{
        uint64_t all = ~UINT64_C(0), before = 0;

        platform_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, MASK_BYTES, 0, 0);
        return before;
}

void signal_restore(uint64_t mask)
{
        platform_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, MASK_BYTES, 0, 0);
}

/* --- what a thread would do with it ------------------------------------------------------------------------------ */

static size_t decimal(uint32_t number, char *ret_text)
{
        char digit[10];
        size_t count = 0;

        do
                digit[count++] = (char)('0' + number % 10);
        while (number /= 10);
        for (size_t i = 0; i < count; i++)
                ret_text[i] = digit[count - 1 - i];
        return count;
}

static bool status_read(int task, uint32_t tid, char *buffer)
{
        char path[40];
        size_t bytes = decimal(tid, path);
        long file, got = -1;

        strcpy(path + bytes, "/status");
        file = platform_syscall(SYS_openat, task, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
        if (file >= 0) {
                got = platform_syscall(SYS_read, file, (long)buffer, STATUS_BYTES - 1, 0, 0, 0);
                platform_syscall(SYS_close, file, 0, 0, 0, 0, 0);
        }
        buffer[got > 0 ? got : 0] = '\0';
        return got > 0;
}

static uint64_t blocked(const char *status)
{
        const char *at = strstr(status, "\nSigBlk:\t");
        uint64_t mask = 0;

        if (!at)
                return 0;
        for (at += strlen("\nSigBlk:\t"); *at != '\n' && *at; at++)
                mask = mask << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
        return mask;
}

/* In sigwait the kernel shows the awaited signals as not blocked; see signal_is_for_us. */
enum signal_way signal_way_of(int task, uint32_t tid, char *buffer)
{
        const char *lives;

        if (!status_read(task, tid, buffer))
                return SIGNAL_NOBODY;
        lives = strstr(buffer, "\nState:\t");
        if (lives && strchr("ZX", lives[strlen("\nState:\t")]))
                return SIGNAL_NOBODY;
        return !state.current || blocked(buffer) >> (state.current - 1) & 1 ? SIGNAL_BLOCKED : SIGNAL_COMES;
}
