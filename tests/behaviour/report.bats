#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# The report of the run, and the report of the profile.

load common

# Leaks 100 blocks of 1000 bytes in leak_some.
leaky() {
        compile leaky <<'END'
#include <stdlib.h>

void *volatile sink;

__attribute__((noinline)) static void leak_some(void)
{
        for (int i = 0; i < 100; i++)
                sink = malloc(1000);
}

int main(void)
{
        leak_some();
        sink = NULL;
        return 0;
}
END
}

@test "heaptap report prints what the run printed" {
        leaky
        "$HEAPTAP" -o p.heap --report run.txt ./leaky
        "$HEAPTAP" report p.heap >again.txt
        cmp run.txt again.txt
        "$HEAPTAP" report >latest.txt
        cmp run.txt latest.txt
        "$HEAPTAP" report latest >latest.txt
        cmp run.txt latest.txt
        "$HEAPTAP" 2>stderr.txt -f -o p.heap ./leaky
        "$HEAPTAP" report p.heap >again.txt
        cmp stderr.txt again.txt
}

@test "the leak stands at the top of the report, with function and line" {
        leaky
        run -0 --separate-stderr "$HEAPTAP" ./leaky
        [[ $stderr == *LEAKS*definitely\ lost*definitely*leak_some*GROWTH* ]]
}

@test "json is one valid object, from the run and from the profile" {
        leaky
        "$HEAPTAP" --format json --report run.json -o p.heap ./leaky
        python3 -c 'import json, sys; assert json.load(open("run.json"))["summary"]'
        "$HEAPTAP" report --format json p.heap >again.json
        cmp run.json again.json
}

@test "--top limits the tables" {
        leaky
        "$HEAPTAP" --top 1 --report one.txt -o p.heap ./leaky
        "$HEAPTAP" report --top 1 p.heap >again.txt
        cmp one.txt again.txt
}

@test "--trace=off reports on the pools alone" {
        leaky
        run -0 --separate-stderr "$HEAPTAP" --trace=off ./leaky
        [[ $stderr == *POOLS* ]]
        [[ $stderr != *leak_some* ]]
}

@test "--stack-depth cuts the stacks" {
        leaky
        "$HEAPTAP" --stack-depth 1 -q -o p.heap ./leaky
        run -0 "$HEAPTAP" report --full p.heap
        [[ $output == *leak_some* ]]
        [[ $output != *__libc_start* ]]
}

@test "--unwind=libunwind and verify see the same leak" {
        leaky
        for unwind in own libunwind verify; do
                "$HEAPTAP" --unwind=$unwind -q -o $unwind.heap ./leaky
                "$HEAPTAP" report $unwind.heap | grep -q leak_some
        done
}

@test "programs that are executed are traced with --follow only" {
        leaky
        "$HEAPTAP" -q -o without.heap sh -c './leaky; :'
        "$HEAPTAP" -q --follow -o with.heap sh -c './leaky; :'
        run -0 "$HEAPTAP" report without.heap
        [[ $output != *leak_some* ]]
        run -0 "$HEAPTAP" report with.heap
        [[ $output == *leak_some* ]]
}

@test "a profile that is missing or no profile: 125 and one line" {
        run -125 "$HEAPTAP" report nosuch.heap
        [ "${#lines[@]}" = 1 ]
        [[ $output == "heaptap: nosuch.heap: "* ]]
        echo text >text.heap
        run -125 "$HEAPTAP" report text.heap
        [ "${#lines[@]}" = 1 ]
}

@test "usage of report: 2" {
        run -2 "$HEAPTAP" report --nosuch
        run -2 "$HEAPTAP" report --format xml
}
