# The measured part of README.md's "What it costs", from what `tests/bench/run -o FILE` wrote; after runs.awk, tracing.awk and
# pools.awk. tests/bench/readme calls it.

function number(value) { return value == -1 || value <= unknown ? "–" : sprintf(value < 9.995 ? "%.2f" : "%.1f", value) }

function nanoseconds(value) { return value <= unknown ? "–" : value < 0 ? sprintf("−%.0f", -value) : sprintf("%.0f", value) }

# kind: real, threads (the loops with another number of threads), program or loop.
function kind(name) {
        return index(" " real " ", " " name " ") ? "real" : index(" " variants " ", " " name " ") ? "threads" : \
                index(" " programs " ", " " name " ") ? "program" : "loop"
}

function costs_row(name, text,    count) {
        count = allocations(name)
        if (count <= 0)
                return
        printf "| %s | %.0f ns | **%s** | %s | %s + %s ns | %s | %s | %s + %s ns |\n", text,
                middle("cpu", name, "glibc") / count * 1000,
                number(ratio("wall", name, "tracing", "glibc")), number(ratio("cpu_all", name, "tracing", "glibc")),
                nanoseconds(added("cpu", name, "tracing", "glibc")), nanoseconds(analyzer_added(name, "tracing")),
                number(ratio("wall", name, "heaptrack", "glibc")), number(ratio("cpu_all", name, "heaptrack", "glibc")),
                nanoseconds(added("cpu", name, "heaptrack", "glibc")), nanoseconds(analyzer_added(name, "heaptrack"))
}

function analyzer_added(name, with_tool,    all) {
        all = added("cpu_all", name, with_tool, "glibc")
        return all <= unknown ? unknown : all - added("cpu", name, with_tool, "glibc")
}

function costs_mean_row(of,    wall, count) {
        wall = mean_of("wall", "tracing", "glibc", of)
        count = mean_count
        printf "| geometric mean of %s %d | | **%s** | %s | | %s | %s | |\n", of == "all" ? "all" : "these", count, number(wall),
                number(mean_of("cpu_all", "tracing", "glibc", of)), number(mean_of("wall", "heaptrack", "glibc", of)),
                number(mean_of("cpu_all", "heaptrack", "glibc", of))
}

function costs_rows(    w, worst) {
        print "| | own CPU per allocation | **heaptap: time** | CPU with the analyzer | added: program + analyzer |" \
                " heaptrack 1.4: time | CPU with its helpers | added |"
        print "|---|---|---|---|---|---|---|---|"
        for (w = 1; w <= workload_count; w++)
                if (is_typical(workload[w]))
                        costs_row(workload[w], workload[w] in title ? title[workload[w]] : workload[w])
        costs_mean_row("typical")
        costs_mean_row("all")
        worst = extreme("wall", "all", 1)
        if (!is_typical(worst))
                costs_row(worst, "the worst of all: " worst)
}

# The workload with the greatest (sign 1) or least (sign -1) ratio of tracing to glibc.
function extreme(what, of, sign,    w, value, found, most) {
        for (w = 1; w <= workload_count; w++) {
                value = of == "all" || kind(workload[w]) == of ? bench_value(what, workload[w]) : -1
                if (value >= 0 && (found == "" || value * sign > most)) {
                        found = workload[w]
                        most = value * sign
                }
        }
        return found
}

function bench_value(what, name) {
        return what == "bytes" || what == "analyzer" ? bar_value(what, name) : ratio(what, name, "tracing", "glibc")
}

function range(what, of, form) {
        return sprintf(form " to " form, bench_value(what, extreme(what, of, -1)), bench_value(what, extreme(what, of, 1)))
}

# The workloads that take more than `limit` times as long while tracing.
function slower_than(limit,    w, value, text, count) {
        for (w = 1; w <= workload_count; w++) {
                value = ratio("wall", workload[w], "tracing", "glibc")
                if (value <= limit)
                        continue
                text = text (count++ ? ", " : "") workload[w] " " number(value)
        }
        return sprintf("%d of %d workloads take more than %s times as long as with glibc%s", count, workload_count,
                limit == 2 ? "two" : limit, count ? ": " text : "")
}

function pools_mean_row(of, text,    i, w, value, sum, count, line) {
        for (i = 1; i <= tool_count; i++) {
                if (tool[i] !~ /^(pools|mimalloc|jemalloc|tcmalloc)$/)
                        continue
                sum = count = 0
                for (w = 1; w <= workload_count; w++) {
                        value = of == "all" || kind(workload[w]) == of ? ratio("wall", workload[w], tool[i], "glibc") : -1
                        if (value > 0) {
                                sum += log(value)
                                count++
                        }
                }
                line = line " " (tool[i] == "pools" ? "**" : "") (count ? number(exp(sum / count)) : "–") (tool[i] == "pools" ? "**" : "") " |"
        }
        if (count)
                print "| " sprintf(text, count) " |" line
}

function pools_rows(    i, head, rule) {
        for (i = 1; i <= tool_count; i++)
                if (tool[i] ~ /^(pools|mimalloc|jemalloc|tcmalloc)$/) {
                        head = head " " (tool[i] == "pools" ? "**heaptap's pools alone**" : tool[i]) " |"
                        rule = rule "---|"
                }
        print "| time, geometric means |" head "\n|---|" rule
        pools_mean_row("real", "%d real programs")
        pools_mean_row("program", "%d programs that fill and read their blocks")
        pools_mean_row("loop", "%d loops that only allocate")
        pools_mean_row("threads", "%d of them with 1, 2 and 8 threads")
        pools_mean_row("all", "all %d")
}

function pools_text(    best, kindest, w, value, over) {
        if (!find_allocators())
                return
        best = best_of("wall")
        kindest = kindest_of("wall", best)
        for (w = 1; w <= workload_count; w++) {
                value = everywhere("wall", workload[w]) ? to_best("wall", workload[w]) : -1
                if (value > 1.10)
                        over = over (over == "" ? "" : ", ") workload[w] " " number(value)
        }
        printf "The pools alone need %s times the time of %s, the best of the others (%s without `%s`, where they do best), %s\n",
                number(geomean("wall", "pools", best)), best, number(geomean("wall", "pools", best, " " kindest " ")), kindest,
                "and " number(geomean("rss", "pools", "mimalloc")) " times the peak memory of mimalloc, " \
                number(geomean("rss", "pools", "glibc")) " times glibc's."
        print over == "" ? "On no workload do they take more than 1.10 times as long as the best of the others there." : \
                "They take more than 1.10 times as long as the best of the others there in: " over "."
}

BEGIN {
        title["depth-5"] = "small blocks, call chains of 5"
        title["depth-20"] = "the same of 20"
        title["depth-80"] = "the same of 80"
        title["small"] = "small blocks, a loop"
        title["random"] = "random sizes, a loop"
        title["lists"] = "long lists"
        title["threads"] = "16 threads, a loop"
        title["remote"] = "remote frees, a loop"
        title["server"] = "threads that come and go (Larson), a loop"
        title["python3"] = "python3 (PYTHONMALLOC=malloc)"
        title["lua"] = "lua 5.4"
        title["redis"] = "redis-server, redis-benchmark"
}

END {
        costs_rows()
        printf "\nPeak memory of the traced program is %s times glibc's, geometric mean %s; the analyzer's is %s MiB. %s\n",
                range("rss", "all", "%.2f"), number(mean_of("rss", "tracing", "glibc", "all")), range("analyzer", "all", "%.0f"),
                "An event takes " range("bytes", "all", "%.1f") " bytes of the stream; " (lost ? lost " were" : "none was") " lost."
        print slower_than(2) ".\n"
        pools_rows()
        print ""
        pools_text()
}
