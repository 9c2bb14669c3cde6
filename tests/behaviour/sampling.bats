#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # for gdb; each test is a subshell; run sets output
# heaptap --sample: what it says, what it refuses, its probes, and estimates beside the truth.

load common

# What a program asks of the pools again and again, and keeps.
works() {
        compile works <<'END'
#include <stdlib.h>
__attribute__((noinline)) void keeps(void) { for (int i = 0; i < 3000; i++) *(void *volatile *)malloc(1000) = 0; }
__attribute__((noinline)) void frees(void) { for (int i = 0; i < 30000; i++) { void *volatile block = malloc(200); free(block); } }
int main(void) { keeps(); frees(); return 0; }
END
}

@test "the report says that it is made of estimates, and how far off they may be" {
        works
        run -0 "$HEAPTAP" --sample 16K --report out ./works
        run -0 cat out
        [[ $output == *"figures of blocks are estimates: one byte in 16.0 KiB was sampled"* ]]
        [[ $output == *"a place that is missing here requested at most 48.0 KiB"* ]]
        [[ $output == *"the heap at exit agrees with the events"* ]]
        [[ $output == *"who pins free memory is not told by a sample"* ]]
        [[ $(grep -A2 '^LEAKS' out | tail -n 1) =~ at\ least\ +at\ most ]]
        run -0 "$HEAPTAP" report --format json heaptap.latest
        # The interval is to miss the truth in one run of twenty; three times as wide, it never does.
        jq -e '.summary | .sample_rate == 16384 and ((.live_bytes_high - .live_bytes_low) as $width |
                .live_bytes_low - $width < 3000000 and .live_bytes_high + $width > 3000000)' <<<"$output"
}

@test "without a sample nothing is said of one" {
        works
        run -0 "$HEAPTAP" --report out ./works
        run -1 grep -e sample -e 'at least' out
}

@test "the rate can be set in the environment, and programs that are executed have it with --follow" {
        works
        HEAPTAP_SAMPLE=10000 run -0 "$HEAPTAP" -q -f -o env.heap ./works
        run -0 sqlite3 env.heap 'SELECT rate FROM process_sample'
        [ "$output" = 10000 ]
        run -0 "$HEAPTAP" -q -f --follow --sample=20000 -o follow.heap sh -c './works; exit 0'
        run -0 sqlite3 follow.heap "SELECT count(*) > 0 AND count(*) = sum(rate = 20000) FROM process_sample JOIN process
                ON process.id = process AND exe LIKE '%/works'"
        [ "$output" = 1 ]
}

@test "a sample refuses what it cannot do" {
        run -2 "$HEAPTAP" --sample=0 true
        [[ $output == *"--sample takes 1 byte to 1G"* ]]
        run -2 "$HEAPTAP" --sample=2G true
        run -2 "$HEAPTAP" --sample=some true
        run -2 "$HEAPTAP" --sample=512K --trace=off true
        [[ $output == *"--sample needs --trace=full"* ]]
        run -2 "$HEAPTAP" --sample=512K --canaries true
        [[ $output == *"--sample at few"* ]]
}

@test "the probes of OpenTelemetry are there" {
        run -0 readelf -n "$BUILD/libheaptap.so"
        [ "$(grep -c 'Provider: otel_memory' <<<"$output")" -ge 2 ]
        grep -A3 'Name: alloc' <<<"$output" | grep -q 'Arguments: 8@[^ ]* 8@[^ ]* 8@[^ ]*$'
        grep -A3 'Name: free' <<<"$output" | grep -q 'Arguments: 8@[^ ]*$'
}

@test "a debugger stops at the probes with address, size and weight" {
        command -v gdb >/dev/null || skip "gdb is not installed"
        works
        run "$HEAPTAP" -q -f --follow --sample=1 -o gdb.heap gdb -q -nx -batch -iex 'set debuginfod enabled off' \
                -ex 'break main' -ex run -ex 'break -probe-stap otel_memory:alloc' -ex 'break -probe-stap otel_memory:free' \
                -ex c -ex 'printf "alloc %d %ld %ld\n", $_probe_argc, (long)$_probe_arg1, (long)$_probe_arg2' -ex 'delete 2' \
                -ex c -ex 'printf "free %d\n", $_probe_argc' ./works
        [[ $output == *"Breakpoint 1, main"* ]] || skip "no program can be debugged here"
        [[ $output == *"alloc 3 1000 1000"* ]]
        [[ $output == *"free 1"* ]]
}

# Of functions that request at least fifty times the rate the estimate is within six standard deviations of the truth; its
# variance is at most rate times truth.
@test "what python3 requests is estimated well, function by function" {
        [ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
        export PYTHONMALLOC=malloc PYTHONHASHSEED=0
        run -0 "$HEAPTAP" -q -f -o all.heap /usr/bin/python3 "$ROOT/scripts/demo.py"
        run -0 "$HEAPTAP" -q -f --sample=16K -o some.heap /usr/bin/python3 "$ROOT/scripts/demo.py"
        sqlite3 some.heap >compared <<'END'
ATTACH 'all.heap' AS exact;
CREATE TEMP TABLE truth AS SELECT stack_function AS function, sum(requested) AS requested FROM
        (SELECT function AS stack_function, requested FROM exact.site_function) GROUP BY 1;
CREATE TEMP TABLE estimate AS SELECT function, sum(requested) AS requested FROM main.site_function GROUP BY 1;
SELECT count(*), sum(abs(ifnull(estimate.requested, 0) - truth.requested) > 6 * sqrt(16384.0 * truth.requested))
FROM truth LEFT JOIN estimate USING (function) WHERE truth.requested > 50 * 16384;
END
        cat compared
        [ "$(cut -d'|' -f1 compared)" -ge 5 ]
        [ "$(cut -d'|' -f2 compared)" = 0 ]
}

@test "a leak is found to grow, and what only churns is not" {
        compile leaks <<'END'
#include <stdlib.h>
#include <time.h>
__attribute__((noinline)) void leaks(void) { *(void *volatile *)malloc(5000) = 0; }
__attribute__((noinline)) void churns(void) { static void *kept[200]; static int i; free(kept[i % 200]); kept[i++ % 200] = malloc(5000); }
int main(void)
{
        for (int i = 0; i < 2000; i++) {
                leaks();
                for (int j = 0; j < 10; j++)
                        churns();
                nanosleep(&(struct timespec){0, 1000000}, NULL);
        }
        return 0;
}
END
        run -0 "$HEAPTAP" -q -f --sample=20000 -o leaks.heap ./leaks
        run -0 "$HEAPTAP" report --by function --what growth --format json leaks.heap
        echo "$output" >growth.json
        grep -q leaks growth.json
        run -1 grep -q churns growth.json
}
