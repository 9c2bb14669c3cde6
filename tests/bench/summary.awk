# Tables of ratios to glibc from the runs that tests/bench/run wrote: for each round the ratio to glibc's run of the same
# round, of these the median. -v tools="glibc …" gives the columns.
#
#   pools      libheaptap.so preloaded without a pipe: the allocator alone
#   off        the same through the wrapper (--trace=off)
#   tracing    scripts/heaptap, every allocation recorded; the analyzer works beside the program
#   heaptrack  the same of heaptrack, whose interpreter and compressor work beside the program

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
                if (cell[what, workload, a, round] > 0 && cell[what, workload, b, round] > 0)
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

function heading(text, columns,    i) {
        printf "\n%s\n%-10s %10s", text, "", "glibc"
        for (i = 2; i <= tool_count; i++)
                if (index(columns, " " tool[i] " "))
                        printf " %13s", tool[i]
        printf "\n"
}

# One table of ratios. divisor turns the first column into unit.
function table(what, text, divisor, unit, columns,    i, w, value, sum, count) {
        heading(text, columns)
        for (w = 1; w <= workload_count; w++) {
                value = middle(what, workload[w], "glibc")
                if (value < 0)
                        printf "%-10s %10s", workload[w], "failed"
                else
                        printf "%-10s %8.2f %s", workload[w], value / divisor, unit
                for (i = 2; i <= tool_count; i++) {
                        if (!index(columns, " " tool[i] " "))
                                continue
                        value = ratio(what, workload[w], tool[i], "glibc")
                        if (value < 0) {
                                printf " %13s", failed[workload[w], tool[i]] ? "failed" : "-"
                                continue
                        }
                        printf " %13.2f", value
                        sum[i] += log(value)
                        count[i]++
                }
                printf "\n"
        }
        printf "%-10s %10s", "geomean", ""
        for (i = 2; i <= tool_count; i++)
                if (index(columns, " " tool[i] " "))
                        printf count[i] ? " %13.2f" : " %13s", count[i] ? exp(sum[i] / count[i]) : "-"
        printf "\n"
}

function has(name) { return index(" " tools " ", " " name " ") }

function ends(    i, w, value) {
        printf "\nAFTER THE PROGRAM'S END (and before its start), seconds of the wrapper\n%-10s", ""
        for (i = 1; i <= tool_count; i++)
                if (wrapped[tool[i]])
                        printf " %13s", tool[i]
        printf "\n"
        for (w = 1; w <= workload_count; w++) {
                printf "%-10s", workload[w]
                for (i = 1; i <= tool_count; i++) {
                        if (!wrapped[tool[i]])
                                continue
                        value = middle("end", workload[w], tool[i])
                        printf value < 0 ? " %13s" : " %13.2f", value < 0 ? "-" : value / 1e6
                }
                printf "\n"
        }
}

function events(    w, count, bytes, wall) {
        printf "\nEVENTS\n%-10s %14s %14s %12s\n", "", "events", "events/s", "bytes each"
        for (w = 1; w <= workload_count; w++) {
                count = middle("events", workload[w], "tracing")
                bytes = middle("event_bytes", workload[w], "tracing")
                wall = middle("wall", workload[w], "tracing")
                if (count > 0 && wall > 0)
                        printf "%-10s %14d %14d %12.2f\n", workload[w], count, count / wall * 1e6, bytes / count
                else
                        printf "%-10s %14s\n", workload[w], "-"
        }
}

# A bar is met when no workload misses it; those that do are named.
function bar(text, misses, measured) {
        printf "  %-76s %s%s\n", text, !measured ? "not measured" : misses == "" ? "met" : "NOT MET:", misses
}

function bars(    w, value, misses, measured) {
        printf "\nBARS\n"
        misses = ""
        measured = 0
        for (w = 1; w <= workload_count; w++) {
                value = ratio("wall", workload[w], "tracing", "heaptrack")
                measured += value >= 0
                if (value >= 1)
                        misses = misses sprintf(" %s (%.2f)", workload[w], value)
        }
        bar("tracing is faster than heaptrack on every workload (wall)", misses, measured)
        misses = ""
        measured = 0
        for (w = 1; w <= workload_count; w++) {
                value = ratio("wall", workload[w], "tracing", "glibc")
                measured += value >= 0
                if (value > 3)
                        misses = misses sprintf(" %s (%.2f)", workload[w], value)
        }
        bar("no workload takes more than 3 times as long as with glibc (tracing, wall)", misses, measured)
        misses = ""
        measured = 0
        for (w = 1; w <= workload_count; w++) {
                value = middle("events", workload[w], "tracing")
                if (value < 10000) # what begins and ends a stream is most of a short one
                        continue
                measured++
                value = middle("event_bytes", workload[w], "tracing") / value
                if (value > 8)
                        misses = misses sprintf(" %s (%.2f)", workload[w], value)
        }
        bar("at most 8 bytes for an event", misses, measured)
        if (has("tracing"))
                printf "  %-76s %s\n", "no event is lost", lost ? "NOT MET: " lost " lost" : "met"
}

# The geometric mean over the workloads of a tool's median ratio to another's. Not those that `without` names, and only
# where all allocators were measured, so that every mean is one over the same workloads.
function geomean(what, a, b, without,    w, value, sum, count) {
        for (w = 1; w <= workload_count; w++) {
                if (index(without, " " workload[w] " ") || !everywhere(what, workload[w]))
                        continue
                value = ratio(what, workload[w], a, b)
                sum += log(value)
                count++
        }
        return count ? exp(sum / count) : -1
}

function everywhere(what, workload,    i) {
        for (i = 1; i <= allocator_count; i++)
                if (ratio(what, workload, allocator[i], "glibc") < 0)
                        return 0
        return ratio(what, workload, "pools", "glibc") >= 0
}

function verdict(text, value, most) {
        if (value < 0)
                printf "  %-62s %5s  not measured\n", text, "-"
        else
                printf "  %-62s %5.2f  %s\n", text, value, value <= most ? "met" : "MISSED"
}

# The pools without tracing beside the other allocators.
function allocators(    i, w, value, best, best_value, least, most, over, worst, kindest) {
        allocator_count = 0
        for (i = 1; i <= tool_count; i++)
                if (tool[i] ~ /^(mimalloc|jemalloc|tcmalloc)$/)
                        allocator[++allocator_count] = tool[i]
        if (!has("pools") || !allocator_count)
                return
        printf "\nALLOCATOR BARS: pools beside mimalloc, jemalloc and tcmalloc\n"
        for (i = 1; i <= allocator_count; i++) {
                value = geomean("wall", allocator[i], "glibc")
                if (best == "" || value < best_value) {
                        best = allocator[i]
                        best_value = value
                }
        }
        for (w = 1; w <= workload_count; w++) {
                if (!everywhere("wall", workload[w]))
                        continue
                value = -1
                for (i = 1; i <= allocator_count; i++)
                        if (ratio("wall", workload[w], "pools", allocator[i]) > value)
                                value = ratio("wall", workload[w], "pools", allocator[i])
                if (worst == "" || value > most) {
                        worst = workload[w]
                        most = value
                }
                if (value > 1.10)
                        over = over sprintf(" %s (%.2f)", workload[w], value)
                value = ratio("wall", workload[w], "pools", best)
                if (kindest == "" || value < least) {
                        kindest = workload[w]
                        least = value
                }
        }
        verdict(sprintf("wall, geometric mean, to the best of them, %s: at most 0.97", best), geomean("wall", "pools", best), 0.97)
        verdict(sprintf("    and without the workload that is kindest, %s", kindest), geomean("wall", "pools", best, " " kindest " "), 0.97)
        verdict(sprintf("wall of each workload to the best there: at most 1.10 (%s)", worst), worst == "" ? -1 : most, 1.10)
        if (over != "")
                print "     over it:" over
        value = geomean("rss", "pools", "mimalloc")
        verdict("peak RSS, geometric mean, to mimalloc: at most 1.00", has("mimalloc") ? value : -1, 1.00)
        verdict("peak RSS, geometric mean, to glibc: at most 1.10", geomean("rss", "pools", "glibc"), 1.10)
}

BEGIN {
        FS = "\t"
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
        if ($2 ~ /^(off|tracing|heaptrack.*)$/) {
                wrapped[$2] = 1
                cell["end", $1, $2, $3] = $8 - $4
        }
        if ($10 != "-") {
                cell["events", $1, $2, $3] = $10
                cell["event_bytes", $1, $2, $3] = $11
                lost += $12
        }
}

END {
        all = " " tools " "
        profilers = " "
        for (i = 1; i <= tool_count; i++)
                if (wrapped[tool[i]])
                        profilers = profilers tool[i] " "
        table("wall", "WALL until the program ends, ratio to glibc", 1e6, "s", all)
        table("cpu", "CPU of the program, user + system, ratio to glibc", 1e6, "s", all)
        if (profilers != " ")
                table("cpu_all", "CPU of the program and all helper processes, ratio to glibc", 1e6, "s", profilers)
        table("rss", "PEAK RSS of the program, ratio to glibc", 1024, "M", all)
        if (profilers != " ")
                ends()
        if (has("tracing"))
                events()
        if (has("tracing"))
                bars()
        allocators()
}
