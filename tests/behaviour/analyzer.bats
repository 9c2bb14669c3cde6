#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# The program does not depend on the analyzer's health.

load common

# Allocates in rounds for about two seconds, says how many, and exits with 7.
busy() {
        compile busy <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(void)
{
        time_t end = time(NULL) + 2;
        unsigned long sum = 0;

        puts("begin");
        fflush(stdout);
        while (time(NULL) <= end)
                for (int i = 0; i < 1000; i++) {
                        char *block = malloc(100 + i);

                        memset(block, i, 100);
                        sum += (unsigned char)block[50] == (unsigned char)i;
                        free(block);
                }
        puts(sum > 0 ? "whole" : "broken");
        return 7;
}
END
}

@test "the analyzer is killed in the middle: output and status are the program's" {
        busy
        "$HEAPTAP" -o p.heap ./busy >out 2>err &
        wrapper=$!
        eventually grep -q begin out
        kill -KILL "$(reader_of $wrapper)"
        begin=$SECONDS
        ends_with $wrapper 7
        [ $((SECONDS - begin)) -le 8 ]
        [ "$(cat out)" = "begin
whole" ]
        [ "$(wc -l <err)" = 1 ]
        grep -q 'analyzer was killed by signal 9' err
        [ ! -e p.heap ]
}

@test "the analyzer stands still: the program waits for the time set and goes on" {
        busy
        HEAPTAP_STALL_MS=500 "$HEAPTAP" -o p.heap ./busy >out 2>err &
        wrapper=$!
        eventually grep -q begin out
        reader=$(reader_of $wrapper)
        kill -STOP "$reader"
        eventually grep -q -e whole -e broken out
        kill -CONT "$reader"
        ends_with $wrapper 7
        [ "$(cat out)" = "begin
whole" ]
        # What was dropped is said.
        grep -q SUMMARY err
        grep -qi 'lost' err
}

@test "a standing analyzer can be given up with Ctrl-C twice" {
        "$HEAPTAP" -q -o p.heap sh -c '>ready; while [ ! -e go ]; do sleep 0.05; done; exit 7' &
        wrapper=$!
        eventually test -e ready
        reader=$(reader_of $wrapper)
        kill -STOP "$reader"
        touch go
        sleep 0.3
        kill -TERM $wrapper
        ends_with $wrapper 7
}

@test "a daemon that the program leaves behind is waited for, and is in the profile" {
        cat >daemon.sh <<'END'
( i=0; while [ $i -lt 5 ]; do sleep 0.1; i=$((i + 1)); done; echo done >daemon_ended ) >/dev/null 2>&1 </dev/null &
exit 4
END
        run -4 "$HEAPTAP" -q -o p.heap sh daemon.sh
        [ -e daemon_ended ]
        [ "$(sqlite3 p.heap 'select count(*) from process')" -ge 2 ]
}

@test "TERM while waiting for a daemon ends the waiting: the report comes now" {
        cat >daemon.sh <<'END'
( >ready; while [ ! -e go ]; do sleep 0.05; done ) >/dev/null 2>&1 </dev/null &
echo $! >daemon_pid
exit 4
END
        "$HEAPTAP" -o p.heap --report out.txt sh daemon.sh &
        wrapper=$!
        eventually test -e ready
        sleep 0.5
        [ -d "/proc/$wrapper" ]
        kill -TERM $wrapper
        ends_with $wrapper 4
        grep -q SUMMARY out.txt
        # The daemon lives on.
        kill -0 "$(cat daemon_pid)"
        touch go
}

@test "the session directory is gone after every end" {
        mkdir tmp
        "$HEAPTAP" -q -o p.heap sh -c 'tr "\0" "\n" </proc/$PPID/environ >/dev/null; ls -d /dev/shm/heaptap.* >sessions; kill -9 $$' || true
        while read -r session; do
                [ -e "$session" ] && [ -p "$session/pipe" ] && ! fuser -s "$session/pipe" && false
                true
        done <sessions
}

# A redis-server under heaptap on a socket of its own, and a load that takes seconds and says what it saw.
redis() {
        command -v redis-server || skip "no redis"
        "$HEAPTAP" -q -o p.heap redis-server --port 0 --unixsocket "$PWD/socket" --save '' --appendonly no >server 2>&1 &
        wrapper=$!
        eventually redis-cli -s "$PWD/socket" ping
        reader=$(reader_of $wrapper)
}

# Its answers are the ones without heaptap, and it ends as it would.
redis_works() {
        redis-benchmark -s "$PWD/socket" -q -n "${1:-5000}" -c 10 -P 8 -r 1000 -t set,lpush >/dev/null
        [ "$(redis-cli -s "$PWD/socket" eval 'for i = 1, 500 do redis.call("rpush", "mine", i) end return redis.call("llen", "mine")' 0)" = 500 ]
        redis-cli -s "$PWD/socket" shutdown nosave
        ends_with $wrapper 0
}

@test "redis goes on when the analyzer is killed under load" {
        redis
        redis-benchmark -s "$PWD/socket" -q -n 20000 -c 10 -P 8 -r 1000 -t set >/dev/null &
        load=$!
        sleep 0.1
        kill -KILL "$reader"
        wait $load
        redis_works
}

@test "redis goes on when the analyzer stands still under load" {
        export HEAPTAP_STALL_MS=200
        redis
        kill -STOP "$reader"
        begin=$SECONDS
        redis-benchmark -s "$PWD/socket" -q -n 20000 -c 10 -P 8 -r 1000 -t set >/dev/null
        [ $((SECONDS - begin)) -le 20 ]
        kill -CONT "$reader"
        redis_works
}

@test "redis goes on when the analyzer is slow" {
        redis
        ( while kill -STOP "$reader" 2>/dev/null; do sleep 0.05; kill -CONT "$reader" 2>/dev/null; sleep 0.005; done ) &
        slow=$!
        redis_works 3000
        kill $slow || true
        # A slow analyzer is waited for: nothing is lost.
        [ "$(sqlite3 p.heap "select count(*) from process where walk = 'agrees'")" = 1 ]
}

@test "redis goes on when there is no analyzer" {
        mkfifo pipe
        sleep 60 <>pipe &
        holder=$!
        export HEAPTAP_STALL_MS=200
        HEAPTAP_PIPE=$PWD/pipe LD_PRELOAD=$BUILD/libheaptap.so redis-server --port 0 --unixsocket "$PWD/socket" --save '' --appendonly no >server 2>&1 &
        wrapper=$!
        eventually redis-cli -s "$PWD/socket" ping
        redis_works
        kill $holder
}
