/* With a sample of every byte all is as exact as without: cross_free.c.
 * modes: traced
 * options: --sample=1
 * expect: total produce allocations=40000 frees=39996 requested=40000*48
 * expect: live produce blocks=4 bytes=4*48
 * expect: total produce<producer temporary=0..40000
 * expect: process main threads=9 threads_at_exit=1
 * expect: sql SELECT sum(frees) FROM thread WHERE number > 1 => >= 39996
 * expect: sql SELECT sum(thread.allocations) = process.allocations FROM thread JOIN process ON process.id = thread.process => 1
 * expect: walk agrees
 */
#include "cross_free.c"
