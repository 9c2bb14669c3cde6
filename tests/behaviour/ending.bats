#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# How the wrapper ends, and the signals on the way there.

load common

@test "the exit status is the program's" {
        for status in 0 1 42 125 255; do
                run -"$status" "$HEAPTAP" -q sh -c "exit $status"
        done
}

@test "a program that dies of a signal takes the wrapper with it" {
        cat >ending.py <<'END'
import os, subprocess, sys
for signal in 15, 11, 9, 6, 1, 2, 10:
    program = ["sh", "-c", "kill -%d $$" % signal]
    ended = subprocess.run([os.environ["HEAPTAP"], "-q", *program], stderr=subprocess.PIPE)
    if ended.returncode != -signal:
        sys.exit("signal %d: the wrapper returned %d" % (signal, ended.returncode))
    if ended.stderr:
        sys.exit("signal %d: the wrapper said %r" % (signal, ended.stderr))
END
        run -0 python3 ending.py
}

@test "the wrapper leaves no core of its own" {
        ulimit -c unlimited
        run -139 "$HEAPTAP" -q sh -c 'ulimit -c 0; kill -SEGV $$'
        run -0 find . -name 'core*'
        [ -z "$output" ]
}

@test "TERM, HUP, USR1 and USR2 sent to the wrapper reach the program, once" {
        for signal in TERM HUP USR1 USR2; do
                rm -f ready
                "$HEAPTAP" -q -f -o p.heap sh -c "trap 'echo $signal >>got; n=1' $signal; >ready
                        while [ -z \"\$n\" ]; do sleep 0.05; done; sleep 0.2; exit 7" &
                eventually test -e ready
                kill -"$signal" $!
                ends_with $! 7
                [ "$(cat got)" = "$signal" ]
                rm got
        done
}

@test "Ctrl-C reaches the program once, and the report still comes" {
        cat >terminal.py <<'END'
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(os.environ["HEAPTAP"], [os.environ["HEAPTAP"], "-o", "p.heap", "--report", "report.txt", "sh", "-c",
        "trap 'echo INT >>got' INT; >ready; i=0; while [ $i -lt 10 ]; do sleep 0.1; i=$((i + 1)); done; exit 5"])
for _ in range(100):
    if os.path.exists("ready"):
        break
    time.sleep(0.05)
time.sleep(0.1)
os.write(terminal, b"\x03")
_, status = os.waitpid(pid, 0)
assert os.waitstatus_to_exitcode(status) == 5, status
assert open("got").read() == "INT\n", open("got").read()
assert "SUMMARY" in open("report.txt").read()
END
        run -0 python3 terminal.py
}

@test "^Z stops the wrapper with the program, and fg continues both" {
        cat >stop.py <<'END'
import os, pty, signal, sys, time
# A shell with job control: it must get the terminal back when the program is stopped.
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "--norc", "-i"])
def type(text):
    os.write(terminal, text.encode())
def wait_for(path):
    for _ in range(200):
        if os.path.exists(path):
            return
        time.sleep(0.05)
    sys.exit("no " + path)
type(os.environ["HEAPTAP"] + " -q -o p.heap sh -c '>ready; sleep 1; >ended; exit 5'; echo $? >stopped\n")
wait_for("ready")
time.sleep(0.2)
type("\x1a")
wait_for("stopped")
assert not os.path.exists("ended")
assert open("stopped").read() == "148\n", open("stopped").read()
type("fg; echo $? >status.new; mv status.new status\n")
wait_for("status")
assert open("status").read() == "5\n", open("status").read()
type("exit\n")
END
        run -0 timeout 30 python3 stop.py
}

@test "what was ignored stays ignored, and nothing else is" {
        for prefix in '' 'trap "" INT;' 'trap "" HUP TERM USR1 PIPE;'; do
                bash -c "$prefix grep -E '^Sig(Blk|Ign)' /proc/self/status; true" >without
                bash -c "$prefix $HEAPTAP -q -f -o p.heap grep -E '^Sig(Blk|Ign)' /proc/self/status; true" >with
                diff without with
        done
}

@test "a program that ignores TERM outlives it" {
        "$HEAPTAP" -q -o p.heap sh -c 'trap "" TERM; >ready; sleep 0.5; exit 9' &
        eventually test -e ready
        kill -TERM $!
        ends_with $! 9
}

@test "the wrapper leaves nothing in /dev/shm" {
        ls /dev/shm >before
        run -0 "$HEAPTAP" -q true
        run -2 "$HEAPTAP" -o '%z' true
        run -125 "$HEAPTAP" -o /proc/nowhere/p.heap true
        run -127 "$HEAPTAP" ./nosuch
        ls /dev/shm >after
        # Others may use the directory at the same time.
        [ -z "$(comm -13 before after | grep '^heaptap\.' | while read -r left; do
                sleep 1
                ls -d "/dev/shm/$left" 2>/dev/null
        done)" ]
}

@test "what a killed wrapper left behind is removed by a later run, and nothing that is in use" {
        "$HEAPTAP" -q -o p.heap sh -c 'echo "$PPID" >wrapper; >ready; while [ ! -e go ]; do sleep 0.05; done' &
        eventually test -e ready
        session=$(tr '\0' '\n' <"/proc/$(reader_of "$(cat wrapper)")/cmdline" | sed -n '/^--input$/{n;s,/pipe$,,p;}')
        [ -p "$session/pipe" ]
        kill -KILL "$(cat wrapper)"
        wait $! || true
        # In use: kept, however old.
        touch -d '-2 minutes' "$session/pipe"
        run -0 "$HEAPTAP" -q true
        [ -p "$session/pipe" ]
        touch go
        eventually test -s p.heap
        sleep 0.2
        # Young: kept, whoever has it open.
        touch "$session/pipe"
        run -0 "$HEAPTAP" -q true
        [ -p "$session/pipe" ]
        touch -d '-2 minutes' "$session/pipe"
        run -0 "$HEAPTAP" -q true
        [ ! -e "$session" ]
}

@test "without /dev/shm the run lies in TMPDIR" {
        [ "$(id -u)" = 0 ] && unshare -m true || skip "no name spaces"
        mkdir tmp
        TMPDIR=$PWD/tmp run -0 unshare -m sh -c 'mount -t tmpfs -o ro none /dev/shm && exec "$HEAPTAP" -q ls "$TMPDIR"'
        [[ $output == heaptap.* ]]
        [ -z "$(ls tmp)" ]
}

@test "a heaptap within a heaptap" {
        run -5 "$HEAPTAP" -q -o outer.heap --follow "$HEAPTAP" -q -o inner.heap sh -c 'exit 5'
        [ -s outer.heap ]
        [ -s inner.heap ]
}

# With a small file system of its own on /dev/shm and on TMPDIR: in_small SIZE COMMAND…
in_small() {
        { [ "$(id -u)" = 0 ] && unshare -m true; } || skip "no name spaces"
        mkdir -p tmp
        export TMPDIR=$PWD/tmp
        unshare -m sh -c 'size=$1; shift; mount -t tmpfs -o size="$size" none /dev/shm && exec "$@"' sh "$@"
}

@test "a /dev/shm that is too small is not used" {
        run -0 in_small 1m "$HEAPTAP" -q ls tmp
        [[ $output == heaptap.* ]]
        [ -z "$(ls tmp)" ]
}

@test "a /dev/shm that others fill up meanwhile harms neither the program nor the profile" {
        compile threads -pthread <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
enum { THREADS = 500 };
static pthread_barrier_t all;
static void *allocate(void *argument)
{
        for (int i = 0; i < 100; i++)
                memset(malloc(100), 1, 100);
        pthread_barrier_wait(&all);
        return argument;
}
int main(void)
{
        pthread_t thread[THREADS];
        pthread_attr_t small;
        int status = system("dd if=/dev/zero of=/dev/shm/full bs=64k 2>/dev/null");

        pthread_barrier_init(&all, NULL, THREADS);
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 65536);
        for (int i = 0; i < THREADS; i++)
                if (pthread_create(&thread[i], &small, allocate, NULL))
                        return 9;
        for (int i = 0; i < THREADS; i++)
                pthread_join(thread[i], NULL);
        return status ? 0 : 8; /* dd must have failed */
}
END
        run -0 in_small 12m "$HEAPTAP" -q -o p.heap ./threads
        [ "$(sqlite3 p.heap "select threads, frees >= 0, walk from process where kind = 'main'")" = "501|1|agrees" ]
}
