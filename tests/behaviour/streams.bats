#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# What the program reads, writes and inherits is what it would be without heaptap.

load common

@test "stdin, stdout and stderr are the program's, byte for byte" {
        head -c 300000 /dev/urandom >in
        "$HEAPTAP" -q sh -c 'tee /dev/stderr' <in >out 2>err
        cmp in out
        cmp in err
}

@test "-q prints nothing" {
        run -0 --separate-stderr "$HEAPTAP" -q true
        [ -z "$output" ]
        [ -z "$stderr" ]
}

@test "without -q the report comes on stderr, after the program's last word" {
        run -0 --separate-stderr "$HEAPTAP" sh -c 'echo out; echo err >&2'
        [ "$output" = out ]
        [ "${stderr_lines[0]}" = err ]
        [[ ${stderr_lines[1]} == "heaptap: "*" (pid "* ]]
        [[ $stderr == *SUMMARY*allocations* ]]
}

@test "a closed stdin, stdout or stderr stays closed" {
        "$HEAPTAP" -q -o a.heap ls /proc/self/fd/ <&- 2>&- | awk '$1 < 1000' >with
        ls /proc/self/fd/ <&- 2>&- >without
        diff without with
        "$HEAPTAP" -q -o b.heap sh -c 'exit 3' >&- && false
        [ $? = 3 ]
}

@test "the program has no descriptor of ours below 1000, and keeps those it was given" {
        exec 7</etc/passwd
        ls /proc/self/fd >without
        "$HEAPTAP" -q ls /proc/self/fd | awk '$1 < 1000' >with
        exec 7<&-
        diff without with
}

@test "a program that the traced one executes inherits no descriptor of ours" {
        sh -c 'ls /proc/self/fd; :' >without
        "$HEAPTAP" -q sh -c 'ls /proc/self/fd; :' >with
        diff without with
}

@test "the environment is what it was" {
        # In another order perhaps, but whole: also what is no variable to a shell.
        given=(env "ODD=two
lines" EMPTY= no-name.1=x 'BASH_FUNC_f%%=() { echo "{"; }')
        "${given[@]}" env | sort >without
        "${given[@]}" "$HEAPTAP" -q env | sort >with
        diff <(grep -v '^_=' without) <(grep -v '^_=' with)
}

@test "the environment is what it was for programs that the traced one executes" {
        sh -c 'env; :' | grep -v '^_=' >without
        "$HEAPTAP" -q sh -c 'env; :' | grep -v '^_=' >with
        diff without with
}

@test "an LD_PRELOAD of the user's own stays in force" {
        compile libown.so -shared -fPIC <<'END'
#include <stdio.h>
#include <stdlib.h>
__attribute__((constructor)) static void hello(void)
{
        puts("own library");
        printf("LD_PRELOAD=%s\n", getenv("LD_PRELOAD"));
        fflush(stdout);
}
END
        LD_PRELOAD=$PWD/libown.so run -0 "$HEAPTAP" -q true
        [[ $output == *"own library"* ]]
        LD_PRELOAD=$PWD/libown.so run -0 "$HEAPTAP" -q env
        [[ $output == *"
LD_PRELOAD=$PWD/libown.so
"* || $output == *"
LD_PRELOAD=$PWD/libown.so" ]]
}

@test "working directory, umask, limits and process group are what they were" {
        cat >facts.sh <<'END'
pwd
umask
ulimit -a
awk '{ print $5, $6 }' /proc/self/stat
END
        umask 027
        bash -c 'sh facts.sh' >without
        bash -c "$HEAPTAP -q sh facts.sh" >with
        # The process group is that of the whole pipeline; the session is the same one.
        diff <(head -n -1 without) <(head -n -1 with)
}

@test "the program is in the wrapper's process group" {
        "$HEAPTAP" -q sh -c 'cat /proc/self/stat /proc/$PPID/stat; :' | awk '{ print $5 }' | sort -u >groups
        [ "$(wc -l <groups)" = 1 ]
}

@test "few descriptors are enough" {
        ulimit -n 16
        run -0 --separate-stderr "$HEAPTAP" sh -c 'echo works'
        [ "$output" = works ]
        [[ $stderr == *SUMMARY* ]]
}

@test "whoever waits for the end of the program's output does not wait for us" {
        # The program closes its stdout and goes on; cat must see the end at once.
        "$HEAPTAP" -q sh -c 'echo word; exec >&-; while [ ! -e go ]; do sleep 0.05; done' | {
                cat >out
                touch go
        }
        [ "$(cat out)" = word ]
}

@test "several runs at once in one directory do not disturb each other" {
        for i in 1 2 3 4; do
                "$HEAPTAP" -q sh -c "sleep 0.1; exit $i" &
                pids[i]=$!
        done
        for i in 1 2 3 4; do
                ends_with "${pids[i]}" $i
        done
        [ "$(find . -name 'heaptap.sh.*.heap' | wc -l)" = 4 ]
}

@test "a limit on the size of files is the program's alone" {
        # A soft one, and a hard one as well for those who may lift it.
        bash -c "ulimit -S -f 100; $HEAPTAP -q -o p.heap bash -c 'ulimit -f'" >out
        [ "$(cat out)" = 100 ]
        [ -s p.heap ]
        bash -c 'ulimit -f 0; ulimit -f unlimited' 2>/dev/null || return 0
        bash -c "ulimit -f 0; $HEAPTAP -q -o q.heap bash -c 'ulimit -f'" | cat >out
        [ "$(cat out)" = 0 ]
        [ -s q.heap ]
}

@test "a hard limit on the size of files that cannot be lifted is said, and the program is not started" {
        { [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --clear-groups true; } || skip "not root"
        chmod 777 .
        run -125 setpriv --reuid 65534 --clear-groups bash -c "ulimit -f 100; exec $HEAPTAP -q -o p.heap touch ran 2>&1 | cat; exit \${PIPESTATUS[0]}"
        [[ $output == *"no room for "*"File too large"* ]]
        [ ! -e ran ]
}
