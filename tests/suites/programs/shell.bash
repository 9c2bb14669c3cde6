# Subshells, pipes, arrays, here documents, command substitution, traps.
set -u
declare -A count
words=(alpha beta gamma delta)
for ((i = 0; i < 3000; i++)); do
        word=${words[i % 4]}$((i % 37))
        count[$word]=$((${count[$word]:-0} + 1))
done
for key in "${!count[@]}"; do
        printf '%s %s\n' "$key" "${count[$key]}"
done | sort | while read -r name times; do
        echo "$name: ${name//a/A} $times"
done | tail -n 20
(
        trap 'echo subshell left' EXIT
        text=$(for i in {1..200}; do echo "line $i of many"; done)
        echo "${#text}"
        exit 3
)
echo "status $?"
for i in 1 2 3 4 5; do
        result=$(echo "$i" | (read -r n && echo $((n * n))))
        echo "$i squared is $result"
done
cat <(echo from a process) - <<EOF
here: $(wc -l </etc/passwd | tr -d ' ' | sed 's/[0-9]*/some lines/')
EOF
function deep() { if (($1 > 0)); then deep $(($1 - 1)); else echo bottom; fi; }
deep 100
sleep 0 &
wait $!
exit 7
