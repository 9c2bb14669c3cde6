# What every file of this directory starts with: each test works in an empty directory of its own.
bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
HEAPTAP=${HEAPTAP:-$ROOT/scripts/heaptap}
BUILD=$(cd "${BUILD:-$ROOT/build}" && pwd)
export ROOT HEAPTAP BUILD

setup() {
        unset "${!HEAPTAP_@}"
        cd "$BATS_TEST_TMPDIR" || return
        mkdir run
        cd run || return
}

# Compiles the C program on standard input: compile NAME [OPTIONS…]
compile() {
        local name=$1
        shift
        gcc -g -O1 -o "$name" -x c - "$@"
}

# Waits until the command is true, for at most ten seconds.
eventually() {
        local i
        for ((i = 0; i < 200; i++)); do
                "$@" && return 0
                sleep 0.05
        done
        echo "never true: $*" >&2
        return 1
}

# The pid of the reader of the wrapper with pid $1.
reader_of() {
        local children child
        children=$(cat "/proc/$1/task/$1/children")
        for child in $children; do
                if tr '\0' ' ' <"/proc/$child/cmdline" | grep -q '^heaptap-analyze record '; then
                        echo "$child"
                        return 0
                fi
        done
        return 1
}

# Waits for the wrapper with pid $1, which must end with status $2.
ends_with() {
        local status=0
        wait "$1" || status=$?
        [ "$status" = "$2" ] && return 0
        echo "ended with status $status, not $2" >&2
        return 1
}
