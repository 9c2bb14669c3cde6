/* More threads are alive than have a place in the memory shared with the analyzer when SIGKILL comes: what those beyond had in
 * hand is lost, and the profile says so.
 * expect: signal KILL
 * expect: may lose
 * expect: total holder allocations=2040*3..2048*3
 * expect: sql SELECT frames BETWEEN 152 AND 160 FROM event_loss WHERE why = 'beyond 2048 threads' AND events IS NULL => 1
 */
#define ALL_HOLD kill(getpid(), SIGKILL);
#include <signal.h>
#include "threads_beyond.c"
