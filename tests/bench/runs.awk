# Reads the runs that tests/bench/run wrote: for each round the ratio to glibc's run of the same round, of these the
# median. -v tools="glibc …" gives the columns. summary.awk and readme.awk print what comes of it.

function median(list, wanted,    values, count, i, j, value) {
        count = split(list, values, " ")
        for (i = 2; i <= count; i++) {
                value = values[i] + 0
                for (j = i - 1; j > 0 && values[j] + 0 > value; j--)
                        values[j + 1] = values[j]
                values[j + 1] = value
        }
        if (count == 0)
                return -1
        return count % 2 ? values[(count + 1) / 2] + 0 : (values[count / 2] + values[count / 2 + 1]) / 2
}

# The median over the rounds of cell[a] / cell[b]; -1: no round has both.
function ratio(what, workload, a, b,    round, list) {
        list = ""
        for (round = 1; round <= rounds; round++)
                if ((what, workload, a, round) in cell && cell[what, workload, a, round] > 0 && (what, workload, b, round) in cell &&
                                cell[what, workload, b, round] > 0)
                        list = list " " cell[what, workload, a, round] / cell[what, workload, b, round]
        return median(list)
}

function middle(what, workload, tool,    round, list) {
        list = ""
        for (round = 1; round <= rounds; round++)
                if ((what, workload, tool, round) in cell)
                        list = list " " cell[what, workload, tool, round]
        return median(list)
}

# The least of the rounds: what other work on the machine only adds to.
function lowest(what, workload, tool,    round, value) {
        value = -1
        for (round = 1; round <= rounds; round++)
                if ((what, workload, tool, round) in cell && (value < 0 || cell[what, workload, tool, round] < value))
                        value = cell[what, workload, tool, round]
        return value
}

# Allocations, each with its free, in a run; counted while tracing.
function allocations(workload) { return middle("allocations", workload, "tracing") }

# Nanoseconds of processor time that an allocation with its free takes more with a tool than with another: the median over the
# rounds. `what` is cpu, of the program, or cpu_all; unknown when there is nothing to compare.
function added(what, workload, a, b,    round, list, count) {
        count = allocations(workload)
        if (count <= 0)
                return unknown
        for (round = 1; round <= rounds; round++)
                if ((what, workload, a, round) in cell && ("cpu", workload, b, round) in cell)
                        list = list " " (cell[what, workload, a, round] - cell["cpu", workload, b, round]) / count * 1000
        return list == "" ? unknown : median(list)
}

function has(name) { return index(" " tools " ", " " name " ") }

BEGIN {
        FS = "\t"
        unknown = -1e9
        tool_count = split(tools, tool, " ")
}

NR == 1 { next }

{
        if (!($1 in seen)) {
                seen[$1] = 1
                workload[++workload_count] = $1
        }
        rounds = $3 > rounds ? $3 : rounds
        if ($13 != 0) {
                failed[$1, $2] = 1
                next
        }
        cell["wall", $1, $2, $3] = $4
        cell["cpu", $1, $2, $3] = $5 + $6
        cell["cpu_all", $1, $2, $3] = $9
        cell["rss", $1, $2, $3] = $7
        if ($2 ~ /^(off|sampling|tracing|heaptrack.*)$/) {
                wrapped[$2] = 1
                cell["end", $1, $2, $3] = $8 - $4
        }
        if ($10 != "-") {
                cell["events", $1, $2, $3] = $10
                cell["event_bytes", $1, $2, $3] = $11
                cell["lost", $1, $2, $3] = $12
                cell["allocations", $1, $2, $3] = $14
                cell["analyzer_rss", $1, $2, $3] = $15
                cell["stacks", $1, $2, $3] = $16
                lost += $12
        }
}
