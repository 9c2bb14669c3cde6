/* signal_captures with nobody to compare: what a child allocates that was forked in the middle of a capture is its own.
 * compare: nothing
 * build: $CC $FLAGS -o $EXE $SRC -lrt
 * modes: traced
 * timeout: 60
 * expect: exit 0
 * expect: process fork stacks_broken=0
 * expect: stack in_handler<on_signal<...<works<...<main
 * expect: live in_child<...<main in fork blocks>=3
 * expect: walk agrees
 */
#include "signal_captures.c"
