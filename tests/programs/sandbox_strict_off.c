/* The strict filter once more, with the pools alone: their profile may be lost, the program may not.
 * options: --trace=off
 * build: $CC $FLAGS -o $EXE $HERE/sandbox_strict.c
 * expect: exit 0
 * expect: may lose
 */
