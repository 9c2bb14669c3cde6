/* Every shape of frame once more, and each 64th capture compared with libunwind's: none differs.
 * build: $CC $FLAGS -O2 -DROUNDS=1000 -o $EXE $HERE/stack_shapes.c
 * options: --unwind=verify
 * expect: exit 0
 * expect: process main stacks_checked>=50 stacks_differ=0 stacks_broken=0 stacks_truncated=0
 * expect: walk agrees
 */
