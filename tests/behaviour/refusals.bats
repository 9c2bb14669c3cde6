#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # shells within strings; each test is a subshell; run sets stderr
# What cannot be traced gets one clear line before it starts, and nothing else happens.

load common

# refuses STATUS WORD… -- COMMAND…: one line that has the words, and no profile.
refuses() {
        local status=$1 word words=()
        shift
        while [ "$1" != -- ]; do
                words+=("$1")
                shift
        done
        shift
        run -"$status" --separate-stderr "$HEAPTAP" "$@"
        for word in "heaptap: " "${words[@]}"; do
                [[ $stderr == *"$word"* ]] || {
                        echo "not in the message: $word: $stderr"
                        return 1
                }
        done
        [ "${#stderr_lines[@]}" = 1 ]
        [ -z "$output" ]
        [ -z "$(find . -name '*.heap*')" ]
}

@test "a program that is not there: 127" {
        refuses 127 nosuchprogram PATH -- nosuchprogram
        refuses 127 ./nosuchprogram -- ./nosuchprogram
        refuses 127 'not found' -- ''
}

@test "a file that is not executable, and a directory: 126" {
        echo text >file
        refuses 126 ./file 'ermission denied' -- ./file
        mkdir sub
        refuses 126 directory -- ./sub
        mv file unexecutable_file
        PATH=$PWD:$PATH refuses 126 'ermission denied' -- unexecutable_file
}

@test "a static program" {
        echo 'int main(void) { return 0; }' | compile static -static
        refuses 125 ./static 'statically linked' -- ./static
        echo 'int main(void) { return 0; }' | compile static_pie -static-pie
        refuses 125 'statically linked' -- ./static_pie
}

@test "a script that a static program runs" {
        echo 'int main(void) { return 0; }' | compile static -static
        printf '#!%s/static\n' "$PWD" >script
        chmod +x script
        refuses 125 "$PWD/static" 'script ./script' 'statically linked' -- ./script
}

@test "a script whose interpreter is not there" {
        printf '#!/no/such/interpreter\n' >script
        chmod +x script
        refuses 127 /no/such/interpreter ./script -- ./script
        printf '#!/usr/bin/env nosuchinterpreter\n' >script
        refuses 127 nosuchinterpreter ./script -- ./script
}

@test "a setuid program of another user" {
        [ "$(id -u)" = 0 ] || skip "not root"
        cp "$(type -P true)" suid
        chown 65534 suid
        chmod 4755 suid
        refuses 125 ./suid setuid -- ./suid
        chmod 755 suid
        chown :65534 suid
        chmod 2755 suid
        refuses 125 ./suid setgid -- ./suid
}

@test "a setuid program whose rights we have anyway is traced" {
        cp "$(type -P true)" suid
        chmod 4755 suid
        run -0 "$HEAPTAP" -q ./suid
}

@test "a program with file capabilities" {
        [ "$(id -u)" = 0 ] || skip "not root"
        command -v setcap && command -v setpriv || skip "no setcap"
        cp "$(type -P true)" capable
        setcap cap_net_raw+ep capable || skip "no capabilities on this file system"
        chmod 777 .
        chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
        setpriv --reuid 65534 --clear-groups test -x ./capable || skip "the directory is not to be reached"
        setpriv --reuid 65534 --clear-groups test -x "$HEAPTAP" || skip "an ordinary user cannot read $HEAPTAP"
        # The profile's directory is checked later, so that this is what is said.
        run -125 setpriv --reuid 65534 --clear-groups "$HEAPTAP" ./capable
        [[ $output == *capabilities* ]]
}

# An ELF header alone; the arguments are printf's escapes for its class and machine.
elf_header() {
        printf '\177ELF%b\1\1\0\0\0\0\0\0\0\0\0\2\0%b\1\0\0\0' "$1" "$2"
        head -c 64 /dev/zero
}

@test "a program for another machine" {
        elf_header '\02' '\0267\00' >arm64
        elf_header '\01' '\03\00' >i386
        elf_header '\02' '\0363\00' >riscv
        chmod +x arm64 i386 riscv
        refuses 125 ./arm64 '64-bit ARM' -- ./arm64
        refuses 125 ./i386 '32-bit x86' -- ./i386
        refuses 125 ./riscv 'RISC-V' -- ./riscv
}

@test "a damaged ELF file" {
        printf '\177ELF\2\1\1' >damaged
        chmod +x damaged
        refuses 126 damaged -- ./damaged
}

@test "a program with a sanitizer" {
        echo 'int main(void) { return 0; }' | compile asan -fsanitize=address || skip "no AddressSanitizer"
        refuses 125 AddressSanitizer -- ./asan
        echo 'int main(void) { return 0; }' | compile tsan -fsanitize=thread || skip "no ThreadSanitizer"
        refuses 125 ThreadSanitizer -- ./tsan
        if command -v clang; then
                echo 'int main(void) { return 0; }' | clang -fsanitize=address -x c -o casan -
                refuses 125 AddressSanitizer -- ./casan
        fi
}

@test "UndefinedBehaviorSanitizer alone does not disturb" {
        echo 'int main(void) { return 4; }' | compile ubsan -fsanitize=undefined || skip "no UBSan"
        run -4 "$HEAPTAP" -q ./ubsan
}

@test "a program for musl" {
        command -v musl-gcc || skip "no musl-gcc"
        echo 'int main(void) { return 0; }' | musl-gcc -x c -o musl - || skip "musl-gcc does not work"
        refuses 125 ld-musl -- ./musl
}

@test "usage: 2, and the option is named" {
        refuses 2 --nosuch --help -- --nosuch true
        refuses 2 -Z --help -- -Z true
        refuses 2 '--top takes a number' -- --top many true
        refuses 2 '--trace is one of' -- --trace=some true
        refuses 2 'needs a value' -- --output
        refuses 2 'no program' -- -q
        refuses 2 'no program' -- --
}
