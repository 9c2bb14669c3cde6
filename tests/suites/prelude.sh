# Read by every script of tests/suites/table. Given: heaptap (the command and its options, or nothing), tests, shared,
# statuses, user (the command that becomes an ordinary user, or nothing).
# shellcheck shell=sh disable=SC2154
as=

# Runs a program under heaptap, or without it the first time.
traced() {
        # shellcheck disable=SC2086 # both are commands with arguments
        $as $heaptap "$@"
        traced_status=$?
        echo "$1 ended with $traced_status" >>"$statuses"
        return $traced_status
}

# Runs the rest, "traced …" too, as an ordinary user.
ordinary() (
        as=$user
        case $1 in
        traced) "$@" ;;
        *) $as "$@" ;;
        esac
)

# Repeats a command for at most 30 seconds.
await() {
        tries=600
        until timeout 5 "$@" >/dev/null 2>&1; do
                tries=$((tries - 1))
                if [ $tries = 0 ]; then
                        echo "waited in vain for: $*"
                        exit 99
                fi
                sleep 0.05
        done
}

# A port that nobody listens on; the same for both runs.
free_port() {
        port=${suite_port:?}
        while grep -q ":$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp; do
                port=$((port + 1))
        done
        echo "$port"
}
