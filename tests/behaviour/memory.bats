#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; run sets output
# What the pools hold with the library preloaded alone. The bounds are on memory, not on time; tests/bench/memory shows more.

load common

# burst OPTIONS…: it ends as soon as RSS is within its bar, or fails after half a minute.
burst() {
        compile burst -O2 -pthread -I "$ROOT/tests/bench" <"$ROOT/tests/bench/burst.c"
        run -0 env LD_PRELOAD="$BUILD/libheaptap.so" ./burst -m 100 -s 30 -w "$@"
}

@test "memory of a burst goes back while a thread does little else" {
        burst
}

@test "memory of a burst of threads that have ended goes back" {
        burst -t 4 -e
}

@test "a program that does nothing needs at most a MiB more than with glibc" {
        run -0 "$ROOT/tests/bench/memory" --pools start
        [[ ${lines[-1]} == pools*met ]]
}

@test "what works at ulimit -v 64 MiB with glibc works there with the pools" {
        run -0 "$ROOT/tests/bench/memory" --pools limit
        [[ ${lines[-1]} == *" met "* ]]
}

@test "twenty thousand threads that free in destructors leave nothing behind" {
        compile turnover -O2 -pthread -I "$ROOT/tests/bench" <"$ROOT/tests/bench/turnover.c"
        run -0 env LD_PRELOAD="$BUILD/libheaptap.so" ./turnover 20000 200
}
