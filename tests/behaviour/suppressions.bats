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

@test "what --gen-suppressions prints suppresses every leak, and nothing is left to print" {
        compile two <<'END'
#include <stdlib.h>

void *volatile kept;

__attribute__((noinline)) static void one(void) { kept = malloc(100); }
__attribute__((noinline)) static void other(void)
{
        void **block = malloc(200);
        *block = malloc(300);
        kept = block;
}

int main(void)
{
        for (int i = 0; i < 10; i++) {
                one();
                other();
        }
        kept = NULL;
        return 0;
}
END
        "$HEAPTAP" -q -o p.heap ./two
        run -0 "$HEAPTAP" report --gen-suppressions p.heap
        [[ $output == *'leak:^one$'* && $output == *'leak:^other$'* ]]
        echo "$output" >known.supp
        run -0 "$HEAPTAP" check --suppressions known.supp -- ./two
        run -0 "$HEAPTAP" report --suppressions known.supp p.heap
        [[ $output == *'nothing is lost'*SUPPRESSIONS*'leak:^other$'* && $output != *unused* ]]
        run -0 "$HEAPTAP" report --suppressions known.supp --gen-suppressions p.heap
        [ -z "$output" ]
}

@test "what the program says of its leaks is heeded" {
        compile says -rdynamic <<'END'
#include <stdlib.h>

void *volatile kept;

const char *__lsan_default_suppressions(void) { return "leak:^known$\nleak:^never$\nbad:line\n"; }
__attribute__((noinline)) static void known(void) { kept = malloc(100); }

int main(void)
{
        known();
        known();
        kept = NULL;
        return 0;
}
END
        run -0 "$HEAPTAP" -o p.heap ./says
        [[ $output == *'nothing is lost'*SUPPRESSIONS*'line 3: "bad:line"'*'unused: leak:^never$'*'leak:^known$'* ]]
        gcc -g -O1 -o hidden -x c - <<'END'
const char *__lsan_default_suppressions(void) { return "leak:^seen_in_symbols$"; }
int __lsan_is_turned_off(void) { return 0; }
int main(void) { return 0; }
END
        run -0 "$HEAPTAP" -f -o p.heap ./hidden
        [[ $output == *'unused: leak:^seen_in_symbols$'* ]]
        gcc -g -O1 -o off -x c - <<'END'
int __lsan_is_turned_off(void) { return 1; }
int main(void) { return 0; }
END
        run -0 "$HEAPTAP" -f -o p.heap ./off
        [ "$(sqlite3 p.heap 'SELECT count(*) FROM leak_scan')" = 0 ]
        run -125 "$HEAPTAP" check -f -o p.heap ./off
}
