#!/usr/bin/env bats
# The allocator keeps less free memory when memory is short, and says so.
load common

# A program that keeps the pools busy while it says itself how short memory is: pressure ROOT PERCENT MS PERCENT MS …
# Of "restore", it asks for what was configured; of "trim", it gives everything back.
pressure_program() {
        compile pressure <<'END'
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCKS = 100, BYTES = 300000, WHOLE = 1000000000 };

static double now(void)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec + time.tv_nsec / 1e9;
}

static void work(double seconds)
{
        static void *volatile block[BLOCKS];

        for (double end = now() + seconds; now() < end;) {
                for (int i = 0; i < BLOCKS; i++)
                        memset(block[i] = malloc(BYTES), 1, BYTES);
                for (int i = 0; i < BLOCKS; i++)
                        free(block[i]);
                nanosleep(&(struct timespec){0, 10000000}, NULL);
        }
}

int main(int count, char **word)
{
        char path[1000];

        snprintf(path, sizeof path, "%s/sys/fs/cgroup/memory.current", word[1]);
        for (int i = 2; i < count; i++) {
                if (strcmp(word[i], "trim") == 0) {
                        void *volatile block = malloc(BYTES);

                        memset(block, 1, BYTES);
                        free(block);
                        printf("trim %d", malloc_trim(0));
                        printf(" %d\n", malloc_trim(0));
                } else if (strcmp(word[i], "restore") == 0) {
                        printf("restore %d\n", mallopt(0x6874, 0));
                } else {
                        FILE *file = fopen(path, "w");

                        fprintf(file, "%lld\n", atoi(word[i]) * (long long)WHOLE / 100);
                        fclose(file);
                        work(atoi(word[++i]) / 1e3);
                }
        }
        return 0;
}
END
        mkdir -p root/proc/self root/proc/pressure root/sys/fs/cgroup
        echo '0::/' >root/proc/self/cgroup
        echo 1000000000 >root/sys/fs/cgroup/memory.max
        export HEAPTAP_PRESSURE_ROOT=$PWD/root
}

ask() {
        sqlite3 x.heap "$1"
}

@test "limits follow the pressure, down to nothing and back, and the profile has the history" {
        for trace in full off; do
                pressure_program
                "$HEAPTAP" --trace=$trace --report out -f -o x.heap ./pressure root 50 100 85 800 97 200 50 2500
                ask "SELECT group_concat(why, ' ') FROM purge_limit" |
                        grep -E '^configured squeezed( squeezed)* emptied returned( returned)*$'
                [ "$(ask "SELECT count(*) FROM purge_limit AS a JOIN purge_limit AS b ON b.place = a.place + 1
                        WHERE b.why IN ('squeezed', 'emptied') AND (b.most > a.most / 2 OR b.decay_ms > a.decay_ms / 2
                        OR b.retain > a.retain) OR b.time_ns <= a.time_ns")" = 0 ]
                [ "$(ask "SELECT source || used || memory_limit FROM purge_limit WHERE place = 1")" = \
                        cgroup8500000001000000000 ]
                [ "$(ask "SELECT retain + most + decay_ms FROM purge_limit WHERE why = 'emptied'")" = 0 ]
                [ "$(ask "SELECT sum(purges) > 2 AND sum(bytes) > 50000000 AND sum(ns) > 0
                        AND sum(refaulted) > 10000000 FROM purge")" = 1 ]
                [ "$(ask "SELECT max(bytes) > 0 FROM purge WHERE why = 'pressure'")" = 1 ]
                grep -q '^  given back to the kernel: .* again within a second$' out
                grep -q '^ .* emptied  *cgroup ' out
        done
}

@test "what was configured can be restored, and malloc_trim says whether it gave anything back" {
        pressure_program
        run "$HEAPTAP" -q -f -o x.heap --retain 2M --retain-most 64M --decay-ms 500 ./pressure root 99 300 trim 50 1 \
                restore trim
        [ "$status" = 0 ]
        [ "${lines[1]}" = 'restore 1' ]
        [ "${lines[2]}" = 'trim 1 0' ]
        [ "$(ask "SELECT group_concat(why || ' ' || retain || ' ' || most || ' ' || decay_ms) FROM purge_limit")" = \
                'configured 2097152 67108864 500,emptied 0 0 0,restored 2097152 67108864 500' ]
        [ "$(ask "SELECT count(*) FROM purge WHERE why = 'trim' AND place = 2")" = 1 ]
}

@test "tasks that wait for memory are pressure, too" {
        pressure_program
        printf '%s\n' 'some avg10=12.50 avg60=0.00 avg300=0.00 total=0' 'full avg10=0.00 avg60=0.00 avg300=0.00 total=0' \
                >root/proc/pressure/memory
        "$HEAPTAP" -q -f -o x.heap ./pressure root 10 500
        [ "$(ask "SELECT why || ' ' || source || ' ' || stalled FROM purge_limit WHERE place = 1")" = 'squeezed stall 0.125' ]
}

@test "without the governor nothing changes" {
        pressure_program
        "$HEAPTAP" -q -f -o x.heap --governor=off ./pressure root 99 500
        [ "$(ask "SELECT count(*) FROM purge_limit WHERE why <> 'configured'")" = 0 ]
}

@test "where a small amount is free, nobody looks" {
        pressure_program
        # Who looks, finds that it may not, and ends it: then limits would not be told to have changed either.
        "$HEAPTAP" -q -f -o x.heap --retain-most 8M ./pressure root 99 500
        [ "$(ask "SELECT count(*) FROM purge_limit WHERE why <> 'configured'")" = 0 ]
}

@test "a wrong size is refused" {
        run "$HEAPTAP" --retain 4X true
        [ "$status" = 2 ]
        [[ $output == *'--retain takes bytes'* ]]
        HEAPTAP_RETAIN_MOST=12Q run "$HEAPTAP" true
        [ "$status" = 2 ]
        run "$HEAPTAP" --governor=maybe true
        [ "$status" = 2 ]
}

# It frees what fills half of a limit, then needs as much in one piece, or maps it bit by bit itself.
needy_program() {
        compile needy <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MIB = 1 << 20, BLOCKS = 900, BYTES = 100000 };

int main(int count, char **word)
{
        static void *volatile block[BLOCKS];

        for (int i = 0; i < BLOCKS; i++)
                memset(block[i] = malloc(BYTES), 1, BYTES);
        for (int i = 0; i < BLOCKS; i++)
                free(block[i]);
        if (count > 1) {
                for (int i = 0; i < 130; i++) {
                        memset(mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, MIB);
                        free(block[0] = malloc(BYTES));
                        nanosleep(&(struct timespec){0, atoi(word[2]) * 1000000}, NULL);
                }
        } else {
                memset(block[0] = malloc(130 * MIB), 1, 130 * MIB);
        }
        puts(word[0] ? "survived" : "");
        return 0;
}
END
}

# A memory cgroup below our own; $1 is its limit in bytes. Sets group; skips the test where that cannot be had.
group_make() {
        local path limit=memory.limit_in_bytes swap=memory.memsw.limit_in_bytes swap_limit=$1
        path=$(sed -n 's,^[0-9]*:memory:,/sys/fs/cgroup/memory,p' /proc/self/cgroup)
        if [ -z "$path" ]; then
                path=$(sed -n 's,^0::,/sys/fs/cgroup,p' /proc/self/cgroup)
                limit=memory.max swap=memory.swap.max swap_limit=0
        fi
        group=${path%/}/heaptap-test-$$
        mkdir "$group" || skip 'no memory cgroup can be made'
        echo "$1" >"$group/$limit" || skip 'no memory cgroup can be limited'
        [ ! -e "$group/$swap" ] || echo "$swap_limit" >"$group/$swap"
}

teardown() {
        [ ! -d "${group-}" ] || eventually rmdir "$group"
}

in_group() {
        # shellcheck disable=SC2016 # for the inner shell
        sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}

@test "under a limit that kills it otherwise, a program survives" {
        needy_program
        group_make $((200 << 20))
        local ours=LD_PRELOAD=$BUILD/libheaptap.so much='HEAPTAP_RETAIN=1G HEAPTAP_RETAIN_MOST=1G'
        in_group ./needy
        in_group env "$ours" ./needy
        # shellcheck disable=SC2086 # two variables
        in_group env "$ours" $much ./needy
        # shellcheck disable=SC2086
        in_group env "$ours" $much ./needy mmap 10
        run in_group env "$ours" HEAPTAP_GOVERNOR=off ./needy
        [ "$status" = 137 ]
        # shellcheck disable=SC2086
        run in_group env "$ours" $much HEAPTAP_GOVERNOR=off ./needy mmap 10
        [ "$status" = 137 ]
}

@test "python survives a limit that kills it otherwise" {
        cat >needy.py <<'END'
strings = [str(i) * 20 for i in range(600000)]
del strings
array = bytearray(110 << 20)
print("survived")
END
        command -v python3 || skip 'no python3 here'
        group_make $((200 << 20))
        local ours=LD_PRELOAD=$BUILD/libheaptap.so
        in_group env "$ours" PYTHONMALLOC=malloc python3 needy.py
        run in_group env "$ours" PYTHONMALLOC=malloc HEAPTAP_GOVERNOR=off python3 needy.py
        [ "$status" = 137 ]
}

@test "what the pools do not need, the program can map under a limit of its address space" {
        needy_program
        ulimit -v 250000
        # Memory that decays is unmapped, too.
        LD_PRELOAD=$BUILD/libheaptap.so ./needy mmap 15
        HEAPTAP_RETAIN=1G HEAPTAP_RETAIN_MOST=1G LD_PRELOAD=$BUILD/libheaptap.so ./needy mmap 10
        HEAPTAP_GOVERNOR=off LD_PRELOAD=$BUILD/libheaptap.so run ./needy mmap 15
        [ "$status" = 139 ]
}
