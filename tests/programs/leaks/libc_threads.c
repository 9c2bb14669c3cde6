/* Calls that let libc make threads of its own, and blocks for them, leave no leak of the program's.
 * expect: no leaks
 */
#include "leaks.h"
#include <aio.h>
#include <signal.h>

static volatile int fired;

static void on_timer(UNUSED union sigval value)
{
        fired = 1;
}

int main(void)
{
        static struct aiocb block;
        static char bytes[100];
        struct sigevent event = {.sigev_notify = SIGEV_THREAD};
        struct itimerspec soon = {.it_value.tv_nsec = 1000000};
        timer_t timer;

        event.sigev_notify_function = on_timer;
        CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
        CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
        flag_await(&fired);
        block.aio_fildes = fileno(fopen("/proc/self/status", "r"));
        block.aio_buf = bytes;
        block.aio_nbytes = sizeof bytes;
        CHECK(aio_read(&block) == 0);
        while (aio_error(&block) == EINPROGRESS)
                sleep_ms(1);
        sleep_ms(20);
        scrub();
        return 0;
}
