#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# heaptap check: quiet when all is well, 99 when a limit is broken, 125 when nothing can be said.

load common

# leak N [STATUS]: loses N blocks of 1000 bytes, each with one of 24 bytes hanging on it; one block more is freed.
leaker() {
        compile leak <<'END'
#include <stdlib.h>

void *volatile kept;

__attribute__((noinline)) static void lose(int count)
{
        while (count-- > 0) {
                void **block = malloc(1000);
                *block = malloc(24);
                kept = block;
        }
        kept = NULL;
}

int main(int argc, char **argv)
{
        kept = malloc(100000);
        free(kept);
        lose(argc > 1 ? atoi(argv[1]) : 0);
        return argc > 2 ? atoi(argv[2]) : 0;
}
END
}

# checks STATUS [WORD…] -- ARGUMENTS…: check ends so, and the words are on standard error; without words nothing is.
checks() {
        local status=$1 word words=()
        shift
        while [ "$1" != -- ]; do
                words+=("$1")
                shift
        done
        shift
        run -"$status" --separate-stderr "$HEAPTAP" check -f -o p.heap "$@"
        [ -z "$output" ]
        [ "${#words[@]}" -gt 0 ] || [ -z "$stderr" ]
        for word in "${words[@]}"; do
                [[ $stderr == *"$word"* ]] || {
                        echo "not in the message: $word: $stderr"
                        return 1
                }
        done
}

@test "a program that loses nothing passes in silence" {
        leaker
        checks 0 -- ./leak
        checks 0 -- --max-leaked 0 --max-leaks 0 --possible ./leak
        checks 0 -- -- ./leak
        [ -e p.heap ]
}

@test "a leak fails with 99 and is named" {
        leaker
        checks 99 '2.0 KiB in 4 blocks are lost, --max-leaked is 0' LEAKS lose -- ./leak 2
        checks 99 '20.0 KiB in 40 blocks are lost, --max-leaked is 10K' -- --max-leaked 10K ./leak 20
}

@test "limits are inclusive, in bytes, percent and places" {
        leaker
        checks 0 -- --max-leaked 2048 ./leak 2
        checks 99 2047 -- --max-leaked 2047 ./leak 2
        checks 0 -- --max-leaked 3% ./leak 2
        checks 99 1% -- --max-leaked 1% ./leak 2
        checks 0 -- --max-leaks 1 ./leak 2
        checks 99 'in 1 place, --max-leaks is 0' -- --max-leaks 0 ./leak 2
}

@test "what is suppressed is no leak, with all that hangs on it" {
        leaker
        echo 'leak:^lose$' >known.supp
        checks 0 -- --suppressions known.supp ./leak 5
        HEAPTAP_SUPPRESSIONS=known.supp checks 0 -- ./leak 5
        HEAPTAP_MAX_LEAKED=1M checks 0 -- ./leak 5
}

@test "a program that fails has failed, and its leaks are told" {
        leaker
        checks 3 -- ./leak 0 3
        checks 3 'are lost' -- ./leak 2 3
}

@test "other limits: peak and allocations" {
        leaker
        checks 0 -- --max-peak 100000 --max-allocations 5 ./leak 2
        checks 99 '--max-peak is 99999' PEAK -- --max-peak 99999 ./leak
        checks 99 'were 5 allocations, --max-allocations is 4' -- --max-allocations 4 ./leak 2
        checks 0 -- --max-peak 1M ./leak 2
}

@test "where nothing can be said, that is no success" {
        leaker
        compile own <<'END'
#include <stddef.h>

void *malloc(size_t bytes) { (void)bytes; return NULL; }
void free(void *block) { (void)block; }
int main(void) { return 0; }
END
        checks 125 'nothing can be said of own' 'its own malloc' -- ./own
        checks 125 'nothing can be said of sh' --follow -- sh -c 'exec ./leak'
        checks 99 'are lost' -- --follow sh -c 'exec ./leak 2'
        checks 125 'nothing can be said of leak' -- --leak-check=off ./leak
        checks 0 -- --max-peak 1M --leak-check=off ./leak
}

@test "wrong usage" {
        leaker
        checks 2 'bytes, as 4096, 512K or 64M, or percent' -- --max-leaked much ./leak
        checks 2 --sample -- --sample 512K ./leak
        checks 2 --trace=off -- --trace=off ./leak
        checks 2 'no program' -- --max-leaked 0
        run -2 "$HEAPTAP" --max-leaked 0 ./leak
        [[ $output == *'unknown option --max-leaked'* ]]
        run -0 "$HEAPTAP" check --help
        [[ $output == *--max-leaked*99* ]]
}

@test "what a baseline lost may be lost again, and no more" {
        leaker
        "$HEAPTAP" -q -o base.heap ./leak 3
        checks 0 -- --baseline base.heap ./leak 3
        checks 0 -- --baseline base.heap ./leak 2
        checks 99 'loses more than in base.heap' 'LEAKS' '1.0 KiB' lose -- --baseline base.heap ./leak 4
        "$HEAPTAP" -q -f -o base.heap ./leak 0
        checks 99 new lose -- --baseline base.heap ./leak 1
        checks 99 'loses more than' -- --baseline base.heap --max-leaked 1M ./leak 1
        checks 0 -- --baseline base.heap ./leak 0
        checks 5 'loses more than' -- --baseline base.heap ./leak 1 5
        "$HEAPTAP" -q -f --leak-check=off -o base.heap ./leak 3
        checks 125 'was not scanned for leaks' -- --baseline base.heap ./leak 3
        checks 2 none.heap -- --baseline none.heap ./leak 3
        [[ $stderr == *'No such file'* ]]
}
