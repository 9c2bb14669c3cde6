/* The functions that wait for signals, on their way to the real ones: a thread may be asked to stand still while it is
 * in one of them, and the signal that asks is not the program's to see. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "preload/leaks/signal.h"
#include "preload/platform.h"

typedef int wait_function(const sigset_t *set, siginfo_t *ret_info, const struct timespec *timeout);

static int real_wait(const sigset_t *set, siginfo_t *ret_info, const struct timespec *timeout)
{
        static wait_function *real;

        if (UNLIKELY(!real))
                real = (wait_function *)dlsym(RTLD_NEXT, "sigtimedwait");
        return real(set, ret_info, timeout);
}

static int wait_on(const sigset_t *set, siginfo_t *ret_info, const struct timespec *timeout)
{
        siginfo_t own, *info = ret_info ? ret_info : &own;
        int signal;

        do
                signal = real_wait(set, info, timeout);
        while (UNLIKELY(signal > 0 && signal_is_for_us(info)));
        return signal;
}

static struct timespec time_until(const struct timespec *end)
{
        struct timespec now, left = {0, 0};

        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec))
                return left;
        left.tv_sec = end->tv_sec - now.tv_sec - (end->tv_nsec < now.tv_nsec);
        left.tv_nsec = end->tv_nsec - now.tv_nsec + (end->tv_nsec < now.tv_nsec ? 1000000000 : 0);
        return left;
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *ret_info, const struct timespec *timeout)
{
        siginfo_t own, *info = ret_info ? ret_info : &own;
        struct timespec end, left;
        int signal;

        if (!timeout)
                return wait_on(set, ret_info, NULL);
        clock_gettime(CLOCK_MONOTONIC, &end);
        signal = real_wait(set, info, timeout);
        if (LIKELY(signal <= 0 || !signal_is_for_us(info)))
                return signal;
        end.tv_sec += timeout->tv_sec + (end.tv_nsec + timeout->tv_nsec) / 1000000000;
        end.tv_nsec = (end.tv_nsec + timeout->tv_nsec) % 1000000000;
        do {
                left = time_until(&end);
                signal = real_wait(set, info, &left);
        } while (signal > 0 && signal_is_for_us(info));
        return signal;
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *ret_info)
{
        return wait_on(set, ret_info, NULL);
}

/* Returns the error, and goes on after a handler has run (POSIX leaves that open; libc does). */
EXPORT int sigwait(const sigset_t *set, int *ret_signal)
{
        int signal, errno_before = errno, error;

        do
                signal = wait_on(set, NULL, NULL);
        while (signal < 0 && errno == EINTR);
        error = signal < 0 ? errno : 0;
        errno = errno_before;
        if (!error)
                *ret_signal = signal;
        return error;
}
