#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; run sets stderr
# What the program does wrong with blocks: the section of the report, and what follows.

load common

# Frees a block twice, then says so.
twice() {
        compile twice -fno-builtin -w <<'END'
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static char *make(void)
{
        return malloc(100);
}

__attribute__((noinline)) static void first(char *block)
{
        free(block);
        __asm__ volatile("");
}

__attribute__((noinline)) static void second(char *block)
{
        free(block);
        __asm__ volatile("");
}

int main(int argc, char **argv)
{
        char *block = make();

        (void)argv;
        first(block);
        if (argc > 1)
                second(block);
        puts("lives");
        return 0;
}
END
}

@test "a wrong free is told with its own stack and that of the allocation, and the program goes on" {
        twice
        run -0 --separate-stderr "$HEAPTAP" -o p.heap ./twice wrongly
        [ "$output" = lives ]
        [[ $stderr == *"ERRORS  1 time the program misused a block"*"free of a block of 100 bytes from malloc that was free already"*"found in"*second*"allocated in"*make*LEAKS* ]]
        [[ $stderr != *"freed first in"* ]]
        "$HEAPTAP" report --format json p.heap >p.json
        python3 - <<'END'
import json
[error] = json.load(open("p.json"))["errors"]
assert error["kind"] == "double" and error["count"] == 1 and error["block_bytes"] == 100, error
assert error["stack"][0]["function"] == "second" and error["allocated"][0]["function"] == "make", error
assert error["freed_first"] is None
END
}

@test "with --debug the first free is told as well" {
        twice
        run -0 --separate-stderr "$HEAPTAP" --debug ./twice wrongly
        [[ $stderr == *"found in"*second*"allocated in"*make*"freed first in"*first* ]]
        export HEAPTAP_DEBUG=1
        run -0 --separate-stderr "$HEAPTAP" ./twice wrongly
        [[ $stderr == *"freed first in"*first* ]]
}

@test "without errors there is no such section" {
        twice
        run -0 --separate-stderr "$HEAPTAP" ./twice
        [[ $stderr == *SUMMARY* ]]
        [[ $stderr != *ERRORS* ]]
        "$HEAPTAP" report --format json >p.json
        python3 -c 'import json; assert "errors" not in json.load(open("p.json"))'
}

@test "--on-error=abort ends the program with SIGABRT, and the report comes all the same" {
        twice
        run -134 --separate-stderr "$HEAPTAP" --on-error=abort ./twice wrongly
        [ "$output" = "" ]
        [[ $stderr == *"signal ABRT"*"agrees with the events"*ERRORS*"was free already"* ]]
        run -0 "$HEAPTAP" -q -f --on-error=abort ./twice
        export HEAPTAP_ON_ERROR=abort
        run -134 "$HEAPTAP" -q ./twice wrongly
}

@test "with --trace=off wrong frees are ignored, whatever is to follow" {
        compile stack -fno-builtin -w <<'END'
#include <stdlib.h>
int main(void)
{
        char on_stack[64];
        free(on_stack);
        return 3;
}
END
        run -3 --separate-stderr "$HEAPTAP" --trace=off --on-error=abort ./stack
        [[ $stderr == *"bad frees, ignored: 1 of no block"* ]]
        LD_PRELOAD=$BUILD/libheaptap.so HEAPTAP_ON_ERROR=abort run -3 ./stack
}

@test "checks that need tracing are refused without it" {
        twice
        for option in --debug --canaries --fill=zero --quarantine=1M --guard=10 --encode-links; do
                run -2 --separate-stderr "$HEAPTAP" --trace=off "$option" ./twice
                [[ $stderr == *"need --trace=full"* ]]
                run -0 --separate-stderr "$HEAPTAP" -q "$option" ./twice
                [ "$output" = lives ]
        done
        run -2 --separate-stderr "$HEAPTAP" --fill=ones ./twice
        [[ $stderr == *"zero|junk"* ]]
}
