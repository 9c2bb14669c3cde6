#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# The words of the command line, and where heaptap finds itself.

load common

@test "heaptap alone prints a short help with the six commonest lines" {
        run -0 --separate-stderr "$HEAPTAP"
        [ "$(grep -c '^  heaptap ' <<<"$output")" = 6 ]
        [ -z "$stderr" ]
}

@test "--help and --version, everywhere" {
        run -0 "$HEAPTAP" --help
        [[ $output == Usage:*--stack-depth* ]]
        run -0 "$HEAPTAP" run --help
        [[ $output == Usage:* ]]
        run -0 "$HEAPTAP" -h
        run -0 "$HEAPTAP" report --help
        run -0 "$HEAPTAP" --version
        [[ $output =~ ^heaptap\ [0-9]+\.[0-9]+ ]]
        HEAPTAP_TOP=wrong run -0 "$HEAPTAP" --help
}

@test "every option of --help is in the manual page" {
        for option in $("$HEAPTAP" --help | grep -oE -- '--[a-z-]+' | sort -u); do
                grep -q -e "$option" "$ROOT/docs/heaptap.1.scd"
        done
}

@test "the options of the program are the program's" {
        run -0 "$HEAPTAP" -q echo --help -q --version
        [ "$output" = '--help -q --version' ]
        run -0 "$HEAPTAP" -q -- echo -- -x
        [ "$output" = '-- -x' ]
}

@test "run is a command, and -- protects a program that is called like one" {
        run -3 "$HEAPTAP" run -q sh -c 'exit 3'
        mkdir bin
        for word in run report; do
                printf '#!/bin/sh\necho program %s "$@"\n' $word >bin/$word
                chmod +x bin/$word
        done
        PATH=$PWD/bin:$PATH
        HEAPTAP_QUIET=1 run -0 "$HEAPTAP" -- report latest
        [ "$output" = 'program report latest' ]
        HEAPTAP_QUIET=1 run -0 "$HEAPTAP" -- run
        [ "$output" = 'program run' ]
        run -0 "$HEAPTAP" -q report
        [ "$output" = 'program report' ]
}

@test "the wrapper works through symbolic links, relative and absolute" {
        mkdir -p bin/deep
        ln -s "$HEAPTAP" bin/absolute
        ln -s ../absolute bin/deep/relative
        ln -s deep/relative bin/link
        run -6 bin/link -q sh -c 'exit 6'
        PATH=$PWD/bin:$PATH run -6 link -q sh -c 'exit 6'
        cd bin/deep
        run -6 ./relative -q sh -c 'exit 6'
}

@test "the wrapper works under another name, from sh, and with CDPATH set" {
        cd /
        HEAPTAP_OUTPUT=$BATS_TEST_TMPDIR/a.heap run -6 sh "$HEAPTAP" -q sh -c 'exit 6'
        cd "$(dirname "$HEAPTAP")"
        CDPATH=/tmp HEAPTAP_OUTPUT=$BATS_TEST_TMPDIR/b.heap run -6 sh "$(basename "$HEAPTAP")" -q sh -c 'exit 6'
}

# An installed tree in $BATS_TEST_TMPDIR/$1.
install_tree() {
        make -s -C "$ROOT" BUILD="$BUILD" DESTDIR="$BATS_TEST_TMPDIR/$1" PREFIX=/usr install
}

@test "an installed tree works, wherever it lies, and is complete" {
        install_tree dest
        mv "$BATS_TEST_TMPDIR/dest" "$BATS_TEST_TMPDIR/elsewhere"
        tree=$BATS_TEST_TMPDIR/elsewhere/usr
        run -6 "$tree/bin/heaptap" -q -o p.heap sh -c 'exit 6'
        run -0 "$tree/bin/heaptap" report p.heap
        [[ $output == *SUMMARY* ]]
        [ -s "$tree/share/man/man1/heaptap.1" ]
        make -s -C "$ROOT" DESTDIR="$BATS_TEST_TMPDIR/elsewhere" PREFIX=/usr uninstall
        [ -z "$(find "$BATS_TEST_TMPDIR/elsewhere" -type f)" ]
}

@test "paths with blanks, colons and dollar signs: of heaptap, the program, the directory and the profile" {
        # The profile must know the allocations: the library really was loaded.
        install_tree 'de st'
        mv "$BATS_TEST_TMPDIR/de st" "$BATS_TEST_TMPDIR/a b:c\$LIB"
        mkdir 'some where'
        cd 'some where'
        echo 'int main(void) { return __builtin_malloc(100) == 0; }' | compile 'my program' -fno-builtin
        run -0 --separate-stderr "$BATS_TEST_TMPDIR/a b:c\$LIB/usr/bin/heaptap" -o 'my profile' './my program' 'an argument'
        [[ $stderr == *"heaptap: my program "*"allocations  "* ]]
        [ -s 'my profile' ]
}

@test "the program may be named relative to the directory, or found on the PATH" {
        mkdir bin
        printf '#!/bin/sh\nexit 8\n' >bin/prog
        chmod +x bin/prog
        run -8 "$HEAPTAP" -q bin/prog
        PATH=$PWD/bin:$PATH run -8 "$HEAPTAP" -q prog
        cd bin
        run -8 "$HEAPTAP" -q ./prog
        # An unexecutable one earlier on the PATH is passed over.
        mkdir first
        echo >first/prog
        PATH=$PWD/first:$PWD:$PATH run -8 "$HEAPTAP" -q prog
}

@test "scripts run: with #!, with an argument behind it, with env, and without" {
        printf '#!/bin/sh -e\necho "$0 $*"\n' >plain
        printf '#!/usr/bin/env sh\necho "$0 $*"\n' >by_env
        printf '#!/usr/bin/env -S sh -e\necho "$0 $*"\n' >by_env_split
        printf 'echo "$0 $*"\n' >without
        chmod +x plain by_env by_env_split without
        for script in plain by_env by_env_split without; do
                run -0 "$HEAPTAP" -q ./$script one two
                [ "$output" = "./$script one two" ]
        done
}

@test "a script behind env is traced, not env" {
        printf '#!/usr/bin/env python3\nx = [str(i) for i in range(1000)]\n' >script
        chmod +x script
        mkdir bin
        ln -s /usr/bin/python3 bin/python3
        [ -x /usr/bin/python3 ] || skip "no python3"
        PATH=$PWD/bin:$PATH run -0 "$HEAPTAP" -q -o p.heap ./script
        run -0 sqlite3 p.heap 'select exe from process'
        [[ $output == *python3* ]]
}

@test "argv[0] is the word that was given" {
        printf '#include <stdio.h>\nint main(int c, char **v) { (void)c; puts(v[0]); }\n' | compile show
        run -0 "$HEAPTAP" -q ./show
        [ "$output" = ./show ]
        PATH=$PWD:$PATH run -0 "$HEAPTAP" -q show
        [ "$output" = show ]
}
