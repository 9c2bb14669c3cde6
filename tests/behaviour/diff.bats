#!/usr/bin/env bats
# heaptap diff: what differs between two profiles, and nothing else.

load common

# Two builds of one program: other lines, other optimization, and more that is lost.
setup_file() {
        cd "$BATS_FILE_TMPDIR" || return 1
        cat >first.c <<'END'
#include <stdlib.h>

#define AT __attribute__((noinline))
void *volatile keep[300];

AT static void holds(int i, int size) { keep[i] = malloc((size_t)size); keep[299] = 0; }
AT static void loses(void) { void *volatile block = malloc(64); block = 0; }
AT static void stays(void) { keep[200] = malloc(5000); keep[299] = 0; }
#if LATER
AT static void added(void) { void *volatile block = malloc(4000); block = 0; }
#else
AT static void removed(void) { keep[201] = malloc(3000); keep[299] = 0; }
#endif

int main(void)
{
        for (int i = 0; i < 100; i++)
                holds(i, LATER + 0 ? 200 : 100);
        for (int i = 0; i < 10 + 2 * (LATER + 0); i++)
                loses();
        stays();
#if LATER
        added();
#else
        removed();
#endif
        return 0;
}
END
        { printf '/* lines\n that move\n all others */\n' && cat first.c; } >second.c
        gcc -g -O1 -fno-builtin -fno-optimize-sibling-calls -DLATER=0 -o first first.c
        gcc -g -O2 -fno-builtin -fno-optimize-sibling-calls -DLATER=1 -o second second.c
        "$HEAPTAP" -q -o old.heap ./first
        "$HEAPTAP" -q -o new.heap ./second
}

setup() {
        cd "$BATS_FILE_TMPDIR" || return 1
}

# rows TABLE: change, old and new bytes, change of blocks, state and innermost function of each row.
rows() {
        "$HEAPTAP" diff old.heap new.heap --format json >diff.json
        python3 - "$1" <<'END'
import json, sys
for row in json.load(open("diff.json"))[sys.argv[1]]:
    print(row["change_bytes"], row["old_bytes"], row["new_bytes"], row["change_blocks"], row["state"], row["stack"][0]["function"])
END
}

@test "places of two builds are the same by their functions" {
        run -0 rows live
        [ "$output" = '10000 10000 20000 0 in both holds
4000 0 4000 1 new added
-3000 3000 0 -1 gone removed
128 640 768 2 in both loses' ]
        run -0 rows leaks
        [ "$output" = '4000 0 4000 1 new added
128 640 768 2 in both loses' ]
        run -0 rows allocated
        [ "${#lines[@]}" -eq 4 ]
}

@test "the totals are those of the profiles" {
        "$HEAPTAP" diff old.heap new.heap --format json >diff.json
        for which in old new; do
                [ "$(python3 -c 'import json, sys; s = json.load(open("diff.json"))["summary"]; w = sys.argv[1]
print(s[w + "_allocations"], s[w + "_live_bytes"], s[w + "_peak_bytes"], sep="|")' $which)" = \
                        "$(sqlite3 $which.heap 'SELECT allocations, live_bytes, peak_bytes FROM process')" ]
        done
}

@test "a run beside itself has no difference" {
        run -0 "$HEAPTAP" diff new.heap new.heap
        [[ $output == *'4 places without a difference'* ]]
        [[ $output != *'in both'* && $output != *gone* && $output != *holds* ]]
}

@test "one table, by function, as text" {
        run -0 "$HEAPTAP" diff --what leaks --by function old.heap new.heap --top 1
        [[ $output == *'LEAKS  640 B in 10 blocks, then 4.7 KiB in 13'*'3.9 KiB'*new*added*'… 1 more' ]]
        [[ $output != *PEAK* ]]
}

@test "leaks of a run that was not scanned are not compared" {
        "$HEAPTAP" -q -f --leak-check=off -o dark.heap ./first
        run -0 "$HEAPTAP" diff dark.heap new.heap
        [[ $output == *'LEAKS  the old one was not scanned for leaks'* ]]
}

@test "two profiles, and such as can be read" {
        run -2 "$HEAPTAP" diff old.heap
        [[ $output == *'two profiles'* ]]
        run -2 "$HEAPTAP" diff old.heap new.heap third.heap
        [[ $output == *third.heap* ]]
        run -2 "$HEAPTAP" diff old.heap new.heap --what growth
        [[ $output == *'live, peak, alloc, leaks'* ]]
        run -125 "$HEAPTAP" diff old.heap none.heap
        [[ $output == *none.heap* ]]
        echo text >text.heap
        run -125 "$HEAPTAP" diff text.heap new.heap
        [[ $output == *text.heap* ]]
}
