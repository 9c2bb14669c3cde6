#!/usr/bin/env bats
# shellcheck disable=SC2016 # "$schema" is a name
# heaptap export: every format holds the profile's own totals, and its reader takes it.

load common

setup_file() {
        cd "$BATS_FILE_TMPDIR" || return 1
        cat >costs.cc <<'END'
#include <cstdlib>
#include <string>

void *volatile keep[100];

template <typename T> __attribute__((noinline)) void hold(int i, T size) { keep[i] = malloc(size); keep[99] = nullptr; }
__attribute__((noinline)) static void lose() { void *volatile block = malloc(64); block = nullptr; }
__attribute__((noinline)) static void pass() { free(malloc(100000)); }

int main()
{
        for (int i = 0; i < 50; i++)
                hold<unsigned>(i, 1000);
        for (int i = 0; i < 7; i++)
                lose();
        pass();
}
END
        g++ -g -O1 -fno-builtin -o costs costs.cc
        strip -o bare costs
        "$HEAPTAP" -q -o costs.heap ./costs
}

setup() {
        cd "$BATS_FILE_TMPDIR" || return 1
}

total() { # COLUMN
        sqlite3 costs.heap "SELECT sum($1) FROM site"
}

leaked() {
        sqlite3 costs.heap "SELECT sum(bytes) FROM leak WHERE class = 'definite'"
}

@test "folded: the lines add up to the profile, the outermost function first" {
        for cost in live=live_bytes peak=peak_bytes allocated=requested; do
                "$HEAPTAP" export folded costs.heap --cost ${cost%=*} >folded.txt
                [ "$(awk '{ sum += $NF } END { print sum }' folded.txt)" = "$(total ${cost#*=})" ]
        done
        "$HEAPTAP" export folded costs.heap --cost leaked >folded.txt
        [ "$(cat folded.txt)" = 'main;lose 448' ]
        [ "$(leaked)" = 448 ]
        run -0 "$HEAPTAP" export folded costs.heap
        [[ $output == *'main;void hold<unsigned int>(int, unsigned int) 50000'* ]]
}

@test "csv: a reader finds the profile's totals in its columns" {
        "$HEAPTAP" export csv costs.heap >costs.csv
        run -0 python3 -c 'import csv
rows = list(csv.DictReader(open("costs.csv", newline="")))
print(*[sum(int(row[name]) for row in rows) for name in ("live_bytes", "live_blocks", "peak_bytes", "allocated_bytes", "allocations", "leaked_bytes")])
print(*[row["stack"].split("\n")[0].split("  ")[0] for row in rows if row["leaked_bytes"] != "0"])'
        [ "${lines[0]}" = "$(total live_bytes) $(total live_blocks) $(total peak_bytes) $(total requested) $(total allocations) $(leaked)" ]
        [ "${lines[1]}" = lose ]
}

@test "speedscope: as its schema has it, a profile for each cost" {
        "$HEAPTAP" export speedscope costs.heap --cost peak >costs.json
        run -0 python3 -c 'import json
file = json.load(open("costs.json"))
frames = file["shared"]["frames"]
assert file["$schema"] == "https://www.speedscope.app/file-format-schema.json" and file["activeProfileIndex"] == 1
for profile in file["profiles"]:
    assert profile["type"] == "sampled" and profile["unit"] == "bytes" and profile["startValue"] == 0
    assert len(profile["samples"]) == len(profile["weights"]) and profile["endValue"] == sum(profile["weights"])
    assert all(0 <= frame < len(frames) for sample in profile["samples"] for frame in sample)
    print(profile["name"], profile["endValue"], sep="=")
outer = {frames[sample[0]]["name"] for sample in file["profiles"][3]["samples"]}
print(*outer)'
        [ "$output" = "live bytes=$(total live_bytes)
peak bytes=$(total peak_bytes)
allocated bytes=$(total requested)
leaked bytes=$(leaked)
main" ]
}

@test "pprof: go's viewer reads it" {
        command -v go >/dev/null || skip 'go is not installed'
        "$HEAPTAP" export pprof costs.heap -o costs.pb
        export HOME=$BATS_FILE_TMPDIR
        run -0 --separate-stderr go tool pprof -raw costs.pb
        [[ $output == *'inuse_objects/count inuse_space/bytes[dflt] peak_objects/count'*'leaked_space/bytes'* ]]
        [[ $output == *' 50      50000 '*'void hold '*'costs.cc:6'*'hold<unsigned int>'* ]]
        for type in inuse_space=live_bytes peak_space=peak_bytes alloc_space=requested alloc_objects=allocations; do
                run -0 --separate-stderr go tool pprof -sample_index=${type%=*} -unit=B -nodefraction=0 -top costs.pb
                [[ ${lines[*]} == *"of $(total ${type#*=})"*total* ]]
        done
        run -125 "$HEAPTAP" export pprof costs.heap -o costs.pb
        [[ $output == *costs.pb*exists* ]]
}

@test "without symbols a frame is its module and the offset; hostile names do no harm" {
        "$HEAPTAP" -q -f -o bare.heap ./bare
        run -0 "$HEAPTAP" export folded bare.heap
        [[ $output == *'bare+0x'*' 50000'* ]]
        sqlite3 costs.heap '.backup hostile.heap'
        sqlite3 hostile.heap "UPDATE symbol SET function = 'a;b' || char(10) || '\"c,\\' WHERE function LIKE 'lose%'"
        run -0 "$HEAPTAP" export folded hostile.heap --cost leaked
        [ "$output" = 'main;a:b?"c,\ 448' ]
        "$HEAPTAP" export speedscope hostile.heap | python3 -c 'import json, sys; assert any(f["name"] == "a;b\n\"c,\\" for f in json.load(sys.stdin)["shared"]["frames"])'
}

@test "what cannot be exported is said" {
        run -2 "$HEAPTAP" export
        [[ $output == *format* ]]
        run -2 "$HEAPTAP" export xml costs.heap
        [[ $output == *'folded, csv, speedscope, pprof'* ]]
        run -2 "$HEAPTAP" export folded costs.heap --cost money
        [[ $output == *'live, peak, allocated, leaked'* ]]
        run -125 "$HEAPTAP" export folded none.heap
        [[ $output == *none.heap* ]]
        run -125 "$HEAPTAP" export folded costs.heap -o no/such/directory
        [[ $output == *no/such/directory* ]]
}
