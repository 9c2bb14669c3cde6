#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# heaptap snapshot: a profile of a program that runs on, and one clear line when there can be none.

load common

# Allocates 1000 bytes in each of 300 steps, one a hundredth of a second, unless it is told to end.
start_slow() {
        compile slow <<'END'
#include <stdlib.h>
#include <unistd.h>

void *volatile kept[300];

__attribute__((noinline)) static void step(int i)
{
        kept[i] = malloc(1000);
}

int main(void)
{
        for (int i = 0; i < 300 && access("end", F_OK) != 0; i++) {
                step(i);
                usleep(10000);
        }
        while (access("end", F_OK) != 0)
                usleep(10000);
        return 7;
}
END
        "$HEAPTAP" -q -o end.heap ./slow 3>&- &
        wrapper=$!
        eventually slow_runs
}

slow_runs() {
        slow=$(pgrep -x slow -P "$wrapper") && grep -q pipe.shared "/proc/$slow/maps"
}

stop_slow() {
        touch end
        ends_with "$wrapper" 7
}

@test "a profile of now is written, and the program runs on" {
        start_slow
        sleep 0.5
        run -0 --separate-stderr "$HEAPTAP" snapshot "$slow"
        [[ $output == $PWD/heaptap.slow.$slow.*.heap ]]
        run -0 "$HEAPTAP" report "$output"
        [[ $output == *'still running'*step*'slow.c'* || $output == *'still running'*step* ]]
        run -0 "$HEAPTAP" snapshot -o first.heap "$slow"
        sleep 0.3
        run -0 "$HEAPTAP" snapshot "$slow" -o second.heap
        first=$(sqlite3 first.heap 'SELECT allocations FROM process')
        second=$(sqlite3 second.heap 'SELECT allocations FROM process')
        [ "$(sqlite3 first.heap 'SELECT why FROM leak_scan')" = request ]
        [ "$first" -gt 20 ]
        [ "$second" -gt "$first" ]
        run -125 "$HEAPTAP" snapshot -o second.heap "$slow"
        [[ $output == *second.heap*exists*-f* ]]
        run -0 "$HEAPTAP" snapshot -f -o second.heap "$slow"
        run -125 "$HEAPTAP" snapshot -o no/such/directory.heap "$slow"
        stop_slow
        [ "$(sqlite3 end.heap 'SELECT allocations FROM process')" -ge "$second" ]
        [ "$(sqlite3 end.heap 'SELECT walk FROM process')" = agrees ]
}

@test "a program that allocates nothing any more is scanned, too, and sleeps on" {
        compile idle <<'END'
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) static void lose(void)
{
        void *volatile block = malloc(1000);

        block = NULL;
}

int main(void)
{
        lose();
        while (access("end", F_OK) != 0)
                sleep(1);
        return 7;
}
END
        "$HEAPTAP" -q -o end.heap ./idle 3>&- &
        wrapper=$!
        eventually pgrep -x idle -P "$wrapper"
        sleep 0.3
        run -0 --separate-stderr "$HEAPTAP" snapshot -o idle.heap "$(pgrep -x idle -P "$wrapper")"
        [ -z "$stderr" ]
        [ "$(sqlite3 idle.heap "SELECT blocks || ' ' || bytes FROM leak WHERE class = 'definite'")" = '1 1000' ]
        touch end
        ends_with "$wrapper" 7
}

@test "one snapshot after the other, until the program ends" {
        start_slow
        (sleep 5 && touch end) 3>&- &
        run -0 --separate-stderr "$HEAPTAP" snapshot --every 2s "$slow"
        [ "${#lines[@]}" -ge 2 ]
        [ "${#lines[@]}" -le 4 ]
        [ -z "$stderr" ]
        [ "$(sqlite3 "${lines[0]}" 'SELECT allocations FROM process')" -lt "$(sqlite3 "${lines[1]}" 'SELECT allocations FROM process')" ]
        ends_with "$wrapper" 7
        run -2 "$HEAPTAP" snapshot --every 1s "$slow"
        run -2 "$HEAPTAP" snapshot --every soon "$slow"
        [[ $output == *'--every takes a time'*'"soon"'* ]]
}

@test "who cannot be asked is told so" {
        run -125 "$HEAPTAP" snapshot 2000000000
        [[ $output == *'no process 2000000000'* ]]
        run -125 "$HEAPTAP" snapshot $$
        [[ $output == *"process $$ is not traced"* ]]
        run -2 "$HEAPTAP" snapshot
        run -2 "$HEAPTAP" snapshot slow
        [[ $output == *'"slow"'* ]]
        run -2 "$HEAPTAP" snapshot 1 2
        run -0 "$HEAPTAP" snapshot --help
        [[ $output == *PID*--output* ]]
}

@test "an analyzer that is stopped or gone does not answer" {
        start_slow
        reader=$(reader_of "$wrapper")
        kill -STOP "$reader"
        run -125 "$HEAPTAP" snapshot -o stopped.heap "$slow"
        [[ $output == *'does not answer'* ]]
        kill -CONT "$reader"
        run -0 "$HEAPTAP" snapshot -o moving.heap "$slow"
        kill -KILL "$reader"
        eventually test ! -e "/proc/$reader/stat" || true
        run -125 "$HEAPTAP" snapshot -o gone.heap "$slow"
        [ ! -e gone.heap ]
        stop_slow
}
