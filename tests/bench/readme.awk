# The table of README.md, from what `tests/bench/run -o FILE` wrote:
#
#   awk -f tests/bench/runs.awk -f tests/bench/readme.awk FILE
#
# Profilers are not measured with other numbers of threads, so their mean over all leaves these out.

BEGIN {
        real = "sqlite3 python3 lua perl redis cc1plus xmllint git"
        tool_count = split("pools tracing heaptrack mimalloc jemalloc tcmalloc", tool, " ")
        title["sqlite3"] = "sqlite3"
        title["python3"] = "python3 (PYTHONMALLOC=malloc)"
        title["lua"] = "lua 5.4"
        title["redis"] = "redis-server, redis-benchmark"
        title["git"] = "git log -p"
}

function cell_text(text, i) { return tool[i] == "tracing" ? " **" text "** |" : " " text " |" }

function number(value) { return value < 0 ? "–" : sprintf(value < 9.995 ? "%.2f" : "%.1f", value) }

# kind: real, loop, or threads: the same loops with another number of threads.
function kind(name) { return index(" " real " ", " " name " ") ? "real" : name ~ /-[0-9]+$/ ? "threads" : "loop" }

# The ratios of the workloads of a kind ("all": of every kind).
function ratios(wanted, i,    w, value, list) {
        for (w = 1; w <= workload_count; w++) {
                value = ratio("wall", workload[w], tool[i], "glibc")
                if (value >= 0 && (wanted == "all" || kind(workload[w]) == wanted))
                        list = list " " value
        }
        return list
}

function mean(list,    values, count, i, sum) {
        count = split(list, values, " ")
        for (i = 1; i <= count; i++)
                sum += log(values[i])
        return count ? exp(sum / count) : -1
}

function line_of(name, text,    i, line) {
        line = "| " text " |"
        for (i = 1; i <= tool_count; i++)
                line = line cell_text(number(ratio("wall", name, tool[i], "glibc")), i)
        print line
}

function line_of_kind(wanted, text, how,    i, line) {
        line = "| " text " |"
        for (i = 1; i <= tool_count; i++)
                line = line cell_text(number(how == "median" ? median(ratios(wanted, i)) : mean(ratios(wanted, i))), i)
        print line
}

END {
        for (w = 1; w <= workload_count; w++) {
                count[kind(workload[w])]++
                if (kind(workload[w]) == "real")
                        line_of(workload[w], workload[w] in title ? title[workload[w]] : workload[w])
                value = ratio("wall", workload[w], "tracing", "glibc")
                if (kind(workload[w]) == "loop" && value >= 0 && (worst == "" || value > most)) {
                        worst = workload[w]
                        most = value
                }
        }
        if (count["loop"]) {
                line_of_kind("loop", count["loop"] " loops that only allocate: median", "median")
                if (worst != "")
                        line_of(worst, "worst of those while tracing: " worst)
        }
        if (count["threads"])
                line_of_kind("threads", "the same with 1, 2 and 8 threads: geometric mean", "mean")
        line_of_kind("all", "geometric mean of all " workload_count, "mean")
}
