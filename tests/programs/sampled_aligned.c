/* With a sample of every byte all is as exact as without: aligned.c.
 * modes: traced
 * options: --sample=1
 * expect: exit 0
 * expect: live all blocks=0
 * expect: live left blocks=1 bytes=20
 * expect: total left kind=aligned
 * expect: process main frees_foreign=0 frees_interior=0
 * expect: walk agrees
 */
#include "aligned.c"
