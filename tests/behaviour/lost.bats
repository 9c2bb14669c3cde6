#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; run sets stderr
# What the report says of leaks: what is lost, what hangs on it, who points at the rest, and why there is no verdict.

load common

# Loses a ring of 10 nodes with a name each, 5 blocks of 1000 bytes, and keeps 3 of 100; with an argument it is killed.
program() {
        compile program <<'END'
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct node {
        struct node *next, *previous;
        char *name;
};
struct node *volatile ring;
void *volatile sink;
void *volatile kept[3];

__attribute__((noinline)) static struct node *new_node(void)
{
        struct node *node = malloc(sizeof *node);

        node->name = strdup("name");
        return node;
}

__attribute__((noinline)) static void lose_ring(void)
{
        struct node *first = new_node(), *last = first;

        for (int i = 1; i < 10; i++, last = last->next) {
                last->next = new_node();
                last->next->previous = last;
        }
        last->next = first;
        first->previous = last;
        ring = first;
        ring = NULL;
}

__attribute__((noinline)) static void lose_blocks(void)
{
        for (int i = 0; i < 6; i++)
                sink = malloc(1000);
        free(sink); /* the last one may still lie about on the stack */
        sink = NULL;
}

int main(int count, char **argument)
{
        lose_ring();
        lose_blocks();
        for (int i = 0; i < 3; i++)
                kept[i] = malloc(100);
        if (count > 1)
                raise(SIGKILL);
        return argument == NULL;
}
END
}

@test "what is lost is told by class, with what hangs on it" {
        program
        run -0 --separate-stderr "$HEAPTAP" ./program
        [[ $stderr == *"definitely lost, in 2 places"*"indirectly lost"* ]]
        [[ $stderr == *LEAKS*"definitely lost"*"indirectly"*"still reachable: 300 B in 3 blocks"*lose_blocks*GROWTH* ]]
        [[ $stderr == *LEAKS*new_node*lose_ring*"holds 9 blocks, 45 B, from"*strdup*GROWTH* ]]
        [[ $stderr == *"holds 9 blocks, 216 B, in a cycle with it, from"*new_node* ]]
        [[ $stderr != *"not proven unreachable"* ]]
}

@test "machines are told the same in numbers" {
        program
        run -0 "$HEAPTAP" -q -o p.heap ./program
        run -0 "$HEAPTAP" report p.heap --format json
        jq -e '.summary | .definitely_lost_blocks == 6 and .definitely_lost_bytes == 5024
               and .indirectly_lost_blocks == 19 and .reachable_blocks == 3 and .leak_scan == "exit"' <<<"$output"
        jq -e '.leaks | map(.blocks) == [5, 1] and map(.held_blocks) == [0, 19] and .[1].cycle == 1' <<<"$output"
        jq -e '.leaks_held | map(.blocks) == [9, 9, 1] and .[1].root[0].function == "new_node"' <<<"$output"
        jq -e '.leak_scans[0] | .walk == "agrees" and .scan_ns > 0 and .root_bytes > 0' <<<"$output"
        [ "$(sqlite3 p.heap "SELECT sum(blocks) FROM leak WHERE class = 'definite'")" = 6 ]
}

@test "what is reachable is listed for whoever asks, and with --who from where" {
        program
        HEAPTAP_WHO=1 run -0 "$HEAPTAP" -q -o p.heap ./program
        run -0 "$HEAPTAP" report p.heap --what reachable
        [[ $output == *"REACHABLE  300 B in 3 blocks still reachable"*main*"reached from"*"global kept"*"(program)"*"block of 100 B from main"* ]]
        run -0 "$HEAPTAP" report p.heap --what live
        [[ $output == *"LIVE  5.5 KiB in 28 blocks alive at exit"* ]]
        run -0 "$HEAPTAP" -q -o q.heap ./program
        run -0 "$HEAPTAP" report q.heap --what reachable
        [[ $output == *"a run with --who tells who points there"* ]]
}

@test "without a scan what is alive is listed, and why nobody knows more" {
        program
        run --separate-stderr "$HEAPTAP" ./program die
        [ "$status" -eq 137 ]
        [[ $stderr == *"alive when it was killed"*"not proven unreachable"* ]]
        [[ $stderr == *"not scanned for leaks: the program was killed"* ]]
        HEAPTAP_LEAK_CHECK=off run -0 --separate-stderr "$HEAPTAP" ./program
        [[ $stderr == *"alive at exit, not proven unreachable"*"not scanned for leaks (--leak-check=off)"* ]]
        run -0 --separate-stderr "$HEAPTAP" --sample 64 ./program
        [[ $stderr == *"not scanned for leaks: of the blocks beside the sample nothing is known"* ]]
}

@test "a leak that keeps coming stands first, with its rate" {
        compile steady <<'END'
#include <stdlib.h>
#include <unistd.h>

void *volatile sink;

__attribute__((noinline)) static void lose_once(void)
{
        sink = malloc(1000000);
        sink = NULL;
}

__attribute__((noinline)) static void lose_again(void)
{
        sink = malloc(10);
        sink = NULL;
}

int main(void)
{
        lose_once();
        for (int i = 0; i < 200; i++) {
                lose_again();
                usleep(10000);
        }
        return 0;
}
END
        HEAPTAP_LEAK_CHECK_EVERY=200ms run -0 --separate-stderr "$HEAPTAP" -o p.heap ./steady
        [[ $stderr == *"and keeps coming at"*LEAKS*"keeps coming at"*lose_again*lose_once*GROWTH* ]]
        run -0 "$HEAPTAP" report p.heap --format json
        jq -e '.leaks[0] | .rate > 100 and .rate < 2000 and .blocks > 190' <<<"$output"
        jq -e '.leaks[1] | .rate == null and .bytes == 1000000' <<<"$output"
}
