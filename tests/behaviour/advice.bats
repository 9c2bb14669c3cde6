#!/usr/bin/env bats
# ADVICE: each kind is given to a program that needs it, and not to one that does nearly the same and needs none.

load common

setup_file() {
        cd "$BATS_FILE_TMPDIR" || return 1
        cat >advised.c <<'END'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 60000 };
static void *volatile keep[MANY];
static void *volatile big;

#define AT __attribute__((noinline)) static void

/* Names with a g are those of the good ones. */
AT lost_b(int i) { keep[i % 10] = malloc(96); }
AT lost_g(int i) { keep[i] = malloc(96); }
AT growth_b(int i) { keep[i] = malloc(4000); }
AT growth_g(int i) { free(keep[i % 100]); keep[i % 100] = malloc(4000); }
AT resizes_b(int i) { big = realloc(big, 16 + (size_t)i * 8); }
AT resizes_g(int i) { if ((i & (i - 1)) == 0) big = realloc(big, 16 + (size_t)i * 16); }
AT rounding_b(int i) { keep[i] = malloc(132); }
AT rounding_g(int i) { keep[i] = malloc(128); }
AT temporary_b(int i) { free(malloc((size_t)i % 100)); }
AT temporary_g(int i) { static void *volatile one; if (!one) one = malloc(100); (void)i; }
AT pinning_b(int i) { keep[i] = malloc(1024); }
AT pinning_g(int i) { keep[i] = malloc(1024); }

static void step(const char *kind, int i)
{
#define CASE(name) if (strcmp(kind, #name) == 0) name(i);
        CASE(lost_b) CASE(lost_g) CASE(growth_b) CASE(growth_g) CASE(resizes_b) CASE(resizes_g) CASE(rounding_b) CASE(rounding_g)
        CASE(temporary_b) CASE(temporary_g) CASE(pinning_b) CASE(pinning_g)
}

int main(int argc, char **argv)
{
        int rounds = strncmp(argv[argc - 1], "growth", 6) == 0 ? 1500 : strncmp(argv[argc - 1], "pinning", 7) == 0 ? 20000 : MANY;

        big = malloc(1000000); /* so that little is little */
        memset(big, 1, 1000000);
        for (int i = 0; i < rounds; i++) {
                step(argv[argc - 1], i);
                if (strncmp(argv[argc - 1], "growth", 6) == 0)
                        usleep(1000);
        }
        /* One block of each slab stays, or all of some. */
        for (int i = 0; i < rounds && strcmp(argv[argc - 1], "pinning_b") == 0; i++)
                if (i % 64)
                        free(keep[i]);
        for (int i = rounds / 64; i < rounds && strcmp(argv[argc - 1], "pinning_g") == 0; i++)
                free(keep[i]);
        return 0;
}
END
        gcc -g -O1 -fno-builtin -o advised advised.c
}

# given KIND: the kinds of advice that a program gets, as words.
given() {
        "$HEAPTAP" -q -f -o advice.heap "$BATS_FILE_TMPDIR/advised" "$1"
        "$HEAPTAP" report --format json --what advice advice.heap >advice.json
        python3 -c 'import json
print(*[row["kind"] for row in json.load(open("advice.json"))["advice"]])'
}

@test "blocks that are lost are to be freed" {
        [[ $(given lost_b) == *lost* ]]
        [[ $(given lost_g) != *lost* ]]
}

@test "what grows and is still pointed to is to be limited" {
        [[ $(given growth_b) == growth* ]]
        [[ $(given growth_g) != *growth* ]]
}

@test "a block that is resized all the time is to grow in larger steps" {
        [[ $(given resizes_b) == *resizes* ]]
        [[ $(given resizes_g) != *resizes* ]]
}

@test "blocks a little too large for a size are to be made smaller" {
        [[ $(given rounding_b) == *rounding* ]]
        run -0 "$HEAPTAP" report --what advice advice.heap
        [[ $output == *'4 B smaller: 132 B takes a block of 160 B, 128 B would not'* || $output == *'4 B smaller: 132 B takes a block of '*', 128 B would not'* ]]
        [[ $(given rounding_g) != *rounding* ]]
}

@test "blocks that are freed at once are to be one" {
        [[ $(given temporary_b) == *temporary* ]]
        [[ $(given temporary_g) != *temporary* ]]
}

@test "blocks that pin the rest of their slabs are to be allocated apart" {
        [[ $(given pinning_b) == *pinning* ]]
        [[ $(given pinning_g) != *pinning* ]]
}
