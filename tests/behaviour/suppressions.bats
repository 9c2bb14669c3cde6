#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# Leaks that nobody wants to see: files of suppressions, and what the program itself says.

load common

@test "a bad line is told with file and line before the program starts" {
        printf '# mine\nleak:fine\nrace:foo\n' >bad.supp
        run -2 --separate-stderr "$HEAPTAP" --suppressions bad.supp -- touch started
        [[ $stderr == 'heaptap: bad.supp:3: "race:foo" is no suppression of leaks; write leak:PATTERN'* ]]
        [ ! -e started ]
        printf 'leak:\n' >bad.supp
        run -2 --separate-stderr "$HEAPTAP" --suppressions bad.supp -- touch started
        [[ $stderr == 'heaptap: bad.supp:1: '*'leak:*'* ]]
        [ ! -e started ]
}

@test "a file that cannot be read, and one that is no text" {
        run -2 --separate-stderr "$HEAPTAP" --suppressions nothing.supp -- touch started
        [[ $stderr == *'nothing.supp: '*'No such file'* ]]
        run -2 --separate-stderr "$HEAPTAP" --suppressions /bin/true -- touch started
        [[ $stderr == *'is no text'* ]]
        HEAPTAP_SUPPRESSIONS=one:two run -2 --separate-stderr "$HEAPTAP" touch started
        [[ $stderr == *'one: '* ]]
        [ ! -e started ]
        "$HEAPTAP" -q -o p.heap true
        run -2 --separate-stderr "$HEAPTAP" report --suppressions nothing.supp p.heap
        [[ $stderr == *'nothing.supp: '* ]]
}

@test "what the run was given stays in the profile" {
        echo leak:nothing_such >one.supp
        echo leak:neither_this >two.supp
        "$HEAPTAP" -q -o p.heap --suppressions one.supp --suppressions two.supp true
        rm one.supp two.supp
        run -0 "$HEAPTAP" report p.heap
        [[ $output == *'unused: leak:nothing_such (one.supp:1)'*'unused: leak:neither_this (two.supp:1)'* ]]
        echo leak:other >three.supp
        run -0 "$HEAPTAP" report --suppressions three.supp p.heap
        [[ $output == *'unused: leak:other (three.supp:1)'* && $output != *nothing_such* ]]
        HEAPTAP_SUPPRESSIONS=three.supp run -0 "$HEAPTAP" report p.heap
        [[ $output == *'unused: leak:other (three.supp:1)'* && $output != *nothing_such* ]]
        run -0 "$HEAPTAP" report --no-suppressions p.heap
        [[ $output != *unused* ]]
}
