/* The strict filter once more, with the pools alone.
 * options: --trace=off
 * build: $CC $FLAGS -o $EXE $HERE/sandbox_strict.c
 * expect: exit 0
 */
