#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# The profile, its name, and the link to it.

load common

@test "the profile is heaptap.PROGRAM.PID.heap, and heaptap.latest leads to it" {
        "$HEAPTAP" -q sh -c 'echo $$ >pid'
        [ -s "heaptap.sh.$(cat pid).heap" ]
        [ "$(readlink heaptap.latest)" = "heaptap.sh.$(cat pid).heap" ]
        [ "$(find . -type f | wc -l)" = 2 ]
}

@test "-o names it, with or without a blank" {
        "$HEAPTAP" -q -o one.heap true
        "$HEAPTAP" -q -otwo.heap true
        "$HEAPTAP" -q --output three.heap true
        "$HEAPTAP" -q --output=four.heap true
        "$HEAPTAP" -qofive.heap true
        [ -s one.heap ]
        [ -s two.heap ]
        [ -s three.heap ]
        [ -s four.heap ]
        [ -s five.heap ]
        [ "$(readlink heaptap.latest)" = five.heap ]
}

@test "% sequences: pid, program, host, time, environment, percent sign" {
        WHERE=there "$HEAPTAP" -q -o 'x-%p-%e-%h-%q{WHERE}-%%.heap' sh -c 'echo $$ >pid'
        [ -s "x-$(cat pid)-sh-$(uname -n)-there-%.heap" ]
        "$HEAPTAP" -q -o '%t.heap' true
        find . -name '20[0-9][0-9][0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9].heap' | grep -q .
        run -2 "$HEAPTAP" -o 'x%z' true
        [[ $output == *"--output x%z"* ]]
        run -2 "$HEAPTAP" -o '%q{WHERE' true
}

@test "a name that holds % signs is not expanded twice" {
        cp "$(type -P true)" 'odd%pname'
        "$HEAPTAP" -q -o '%e.heap' './odd%pname'
        [ -s 'odd%pname.heap' ]
}

@test "a profile that exists is refused before the program starts, and kept" {
        echo precious >p.heap
        run -125 "$HEAPTAP" -o p.heap touch started
        [[ $output == *"p.heap exists"*-f* ]]
        [ "${#lines[@]}" = 1 ]
        [ "$(cat p.heap)" = precious ]
        [ ! -e started ]
}

@test "-f overwrites it" {
        echo old >p.heap
        run -0 "$HEAPTAP" -q -f -o p.heap true
        run -0 "$HEAPTAP" report p.heap
        [[ $output == *SUMMARY* ]]
}

@test "a directory that cannot be written is refused before the program starts" {
        run -125 "$HEAPTAP" -o nosuch/p.heap touch started
        [[ $output == *"nosuch/p.heap cannot be written"* ]]
        run -125 "$HEAPTAP" -o /proc/p.heap touch started
        run -125 "$HEAPTAP" -o . touch started
        [ ! -e started ]
}

@test "a directory without write permission is refused" {
        command -v setpriv || skip "no setpriv"
        [ "$(id -u)" = 0 ] || skip "not root"
        cd /
        setpriv --reuid 65534 --clear-groups test -x "$HEAPTAP" || skip "an ordinary user cannot read $HEAPTAP"
        run -125 setpriv --reuid 65534 --clear-groups "$HEAPTAP" true
        [[ $output == *"cannot be written"*"Permission denied"*"-o FILE"* ]]
}

@test "the current directory need not be writable if -o says where" {
        cd /proc
        run -0 "$HEAPTAP" -q -o "$BATS_TEST_TMPDIR/p.heap" true
        [ -s "$BATS_TEST_TMPDIR/p.heap" ]
}

@test "--report writes the report to a file and nothing to stderr" {
        run -0 --separate-stderr "$HEAPTAP" --report out.txt true
        [ -z "$output$stderr" ]
        grep -q SUMMARY out.txt
}

@test "a report that cannot be written is refused before the program starts" {
        run -125 "$HEAPTAP" --report nosuch/out.txt touch started
        [[ $output == *"nosuch/out.txt"* ]]
        [ ! -e started ]
}

@test "options come from the environment, and the command line has the last word" {
        HEAPTAP_QUIET=1 HEAPTAP_OUTPUT=env.heap run -0 "$HEAPTAP" true
        [ -z "$output" ]
        [ -s env.heap ]
        HEAPTAP_OUTPUT=env.heap run -0 "$HEAPTAP" -q -o line.heap true
        [ -s line.heap ]
        HEAPTAP_TOP=many run -2 "$HEAPTAP" true
        [[ $output == *HEAPTAP_TOP*many* ]]
}
