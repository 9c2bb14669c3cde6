# shellcheck shell=sh disable=SC2154
# Where the allocators that are measured lie; for tests/bench/run and tests/bench/memory, which set $library to ours.

library_of() {
        case $1 in
        pools) echo "$library" ;;
        mimalloc) find_library 'libmimalloc.so.2*' ;;
        jemalloc) find_library 'libjemalloc.so.2' ;;
        tcmalloc) find_library 'libtcmalloc_minimal.so.4' ;;
        esac
}

find_library() {
        for directory in "/usr/lib/$(uname -m)-linux-gnu" /usr/lib64 /usr/lib /usr/local/lib; do
                for file in "$directory"/$1; do
                        [ -e "$file" ] && echo "$file" && return
                done
        done
}
