#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# --raw: every event in a file, and the same profile from it again.

load common

# Two threads allocate; a child is killed with what it has not sent, another ends well; all of it takes half a second.
# With an argument: so many events more, of random sizes, so that they do not compress well.
lively() {
        compile lively -pthread <<'END'
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static long more;

static void *allocate(void *seed)
{
        unsigned long random = (unsigned long)seed;
        void *kept[100] = {NULL};

        for (long i = 0; i < 20000 + more; i++) {
                random = random * 6364136223846793005 + 1442695040888963407;
                void **place = &kept[random >> 57 & 63];

                free(*place);
                *place = malloc(1 + (random >> 33) % 5000);
        }
        return NULL;
}

static pid_t child(int kill_it)
{
        pid_t pid = fork();

        if (pid == 0) {
                memset(malloc(12345), 1, 100);
                if (kill_it)
                        raise(SIGKILL);
                exit(0);
        }
        return pid;
}

int main(int argc, char **argv)
{
        pthread_t thread;

        more = argc > 1 ? atol(argv[1]) : 0;
        pthread_create(&thread, NULL, allocate, (void *)1);
        allocate((void *)2);
        pthread_join(thread, NULL);
        child(0);
        child(1);
        while (wait(NULL) > 0)
                ;
        usleep(400000); /* so that resident memory is looked at a few times */
        return 7;
}
END
}

# What a profile holds, but for what its own making took.
contents() {
        sqlite3 "$1" .dump | grep -v "'analyzer_"
}

@test "a raw file gives the profile and the report of the run, on and on" {
        lively
        run -7 "$HEAPTAP" -q -o p.heap --report run.txt --raw p.raw ./lively
        [ -z "$output" ]
        "$HEAPTAP" report p.raw -o again.heap >again.txt
        contents p.heap >p.sql
        contents again.heap >again.sql
        diff p.sql again.sql
        "$HEAPTAP" report p.raw -o more.heap >/dev/null
        cmp again.heap more.heap
        grep -q "'salvaged_frames',1" p.sql
        sed 's/p.heap/FILE/; s/  */ /g' run.txt >run
        "$HEAPTAP" report p.raw | sed 's/p.raw/FILE/; s/  */ /g' >again
        diff run again
        [ "$(find . -name 'heaptap*' -type f)" = "" ]
}

@test "how the program ended is in it" {
        run -139 "$HEAPTAP" -q -o p.heap --raw p.raw sh -c 'kill -SEGV $$'
        "$HEAPTAP" report p.raw | grep -q 'signal SEGV'
        run -3 "$HEAPTAP" -q -o q.heap --raw q.raw --trace=off sh -c 'exit 3'
        "$HEAPTAP" report q.raw | grep -q 'exit 3'
}

@test "the analyzer makes a profile of it as of a pipe, and decompressors accept it" {
        "$HEAPTAP" -q -o p.heap --raw p.raw sh -c 'echo $$ >pid'
        "$BUILD/heaptap-analyze" --input p.raw
        [ -s "heaptap.sh.$(cat pid).heap" ] || [ -s "heaptap.bash.$(cat pid).heap" ] || [ -s "heaptap.dash.$(cat pid).heap" ]
        "$BUILD/heaptap-analyze" --input p.raw --raw copy.raw -o q.heap
        cmp p.raw copy.raw
        command -v zstd || skip "no zstd"
        zstd -q --test p.raw
}

@test "started by hand, the analyzer names the raw file after the program" {
        mkfifo fifo
        "$BUILD/heaptap-analyze" --input fifo -o p.heap --raw 'x-%e-%p.raw' &
        reader=$!
        eventually test -e fifo.shared
        HEAPTAP_PIPE=$PWD/fifo LD_PRELOAD=$BUILD/libheaptap.so "$(type -P true)"
        wait $reader
        ls x-true-*.raw
}

@test "its name has the % sequences of the profile's, and comes from the environment too" {
        "$HEAPTAP" -q -o p.heap --raw 'x-%p-%e-%%.raw' sh -c 'echo $$ >pid'
        [ -s "x-$(cat pid)-sh-%.raw" ]
        HEAPTAP_RAW=env.raw "$HEAPTAP" -q -o q.heap true
        [ -s env.raw ]
        run -2 "$HEAPTAP" --raw 'x%z' touch started
        [[ $output == *"--raw x%z"* ]]
        [ ! -e started ]
}

@test "what would go wrong is said before the program starts" {
        echo precious >p.raw
        run -125 "$HEAPTAP" --raw p.raw touch started
        [[ $output == *"p.raw exists"*-f*"--raw FILE"* ]]
        [ "${#lines[@]}" = 1 ]
        run -125 "$HEAPTAP" --raw nosuch/p.raw touch started
        [[ $output == *"nosuch/p.raw cannot be written"*"--raw FILE"* ]]
        run -125 "$HEAPTAP" --raw . touch started
        run -125 "$HEAPTAP" --raw /proc/p.raw touch started
        run -2 "$HEAPTAP" --raw same -o same touch started
        [ "$(cat p.raw)" = precious ]
        [ ! -e started ]
        run -0 "$HEAPTAP" -q -f -o p.heap --raw p.raw true
        run -0 "$HEAPTAP" report p.raw
        [[ $output == *SUMMARY* ]]
}

@test "no file is left where nothing ran" {
        run -127 "$HEAPTAP" -o p.heap --raw p.raw ./nosuch
        printf '#!/nosuch\n' >script
        chmod +x script
        run -127 "$HEAPTAP" -o p.heap --raw p.raw ./script
        [ ! -e p.raw ]
}

@test "a full disk costs the raw file, one line, and nothing else" {
        lively
        run -7 "$HEAPTAP" -q -f -o p.heap --raw /dev/full ./lively 100000
        [ "${#lines[@]}" = 1 ]
        [[ $output == *"/dev/full is not whole: No space left on device"* ]]
        run -0 "$HEAPTAP" report p.heap
        [[ $output != *INCOMPLETE* ]]
}

@test "a file that may not grow ends with a whole part, and the report says what is missing" {
        lively
        "$HEAPTAP" -q --follow -o p.heap --raw p.raw sh -c 'until [ -e go ]; do sleep 0.02; done; exec ./lively 400000' 2>err &
        wrapper=$!
        eventually reader_of $wrapper >/dev/null
        prlimit --fsize=1200000 --pid "$(reader_of $wrapper)"
        touch go
        ends_with $wrapper 7
        [ "$(wc -l <err)" = 1 ]
        grep -q 'p.raw is not whole: File too large' err
        [ -s p.heap ]
        run -0 "$HEAPTAP" report p.raw
        [[ $output == *"INCOMPLETE: the raw file was cut"* ]]
        [[ $output != *"damaged"* ]]
}

@test "of a file that is cut or damaged the rest is reported, with what is missing" {
        lively
        "$HEAPTAP" -q -o p.heap --raw p.raw ./lively 500000 || [ $? = 7 ]
        size=$(stat -c %s p.raw)
        [ "$size" -gt 2000000 ]
        for fifths in 2 3 4; do
                head -c $((size * fifths / 5)) p.raw >cut.raw
                run -0 "$HEAPTAP" report cut.raw
                [[ $output == *"INCOMPLETE: the raw file was cut"* ]]
                cp p.raw bad.raw
                printf 'x%.0s' {1..20} | dd of=bad.raw bs=1 seek=$((size * fifths / 5)) conv=notrunc status=none
                run -0 "$HEAPTAP" report bad.raw
                [[ $output == *"INCOMPLETE: 1 part of the raw file"* ]]
        done
}

@test "what cannot be read is refused with its name, the trouble and the way out" {
        "$HEAPTAP" -q -o p.heap --raw p.raw true
        head -c 60 p.raw >short.raw
        run -125 "$HEAPTAP" report short.raw
        [[ $output == *"short.raw holds no events"*"again"* ]]
        run -125 "$HEAPTAP" report nosuch.raw
        [[ $output == *nosuch.raw* ]]
        run -2 "$HEAPTAP" report p.heap -o q.heap
        # A version of the day after tomorrow, with the check that belongs to it.
        python3 - <<'END'
raw = bytearray(open("p.raw", "rb").read())
raw[16] = 99
check = 0xcbf29ce484222325
for byte in raw[:36]:
    check = (check ^ byte) * 0x100000001b3 % 2**64
raw[36:44] = check.to_bytes(8, "little")
open("new.raw", "wb").write(raw)
END
        run -125 "$HEAPTAP" report new.raw
        [[ $output == *"new.raw: raw format 99 is newer than this program"*"use the heaptap that wrote it"* ]]
        echo precious >q.heap
        run -125 "$HEAPTAP" report p.raw -o q.heap
        [ "$(cat q.heap)" = precious ]
        run -0 "$HEAPTAP" report p.raw -f -o q.heap
        run -0 "$HEAPTAP" report q.heap
}

@test "what the analyzer has written when it is killed can be read" {
        lively
        "$HEAPTAP" -q -o p.heap --raw p.raw ./lively 1000000 2>/dev/null &
        wrapper=$!
        eventually test -s p.raw
        kill -KILL "$(reader_of $wrapper)"
        ends_with $wrapper 7
        run -0 "$HEAPTAP" report p.raw
        [[ $output == *"INCOMPLETE: the raw file was cut"* ]]
}
