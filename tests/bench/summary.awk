# Tables of ratios to glibc, and what is to be reached; after runs.awk.
#
#   pools      libheaptap.so preloaded without a pipe: the allocator alone
#   off        the same through the wrapper (--trace=off)
#   tracing    scripts/heaptap, every allocation recorded; the analyzer works beside the program
#   heaptrack  the same of heaptrack, whose interpreter and compressor work beside the program

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
                printf "  %-66s %5s  not measured\n", text, "-"
        else
                printf "  %-66s %5.2f  %s\n", text, value, value <= most ? "met" : "MISSED"
}

# How many times as long as with the best of the others a workload takes with the pools.
function to_best(what, workload,    i, value, most) {
        most = -1
        for (i = 1; i <= allocator_count; i++) {
                value = ratio(what, workload, "pools", allocator[i])
                most = value > most ? value : most
        }
        return most
}

# The allocator with the least geometric mean.
function best_of(what,    i, value, best, least) {
        for (i = 1; i <= allocator_count; i++) {
                value = geomean(what, allocator[i], "glibc")
                if (best == "" || value < least) {
                        best = allocator[i]
                        least = value
                }
        }
        return best
}

# The workload where the pools do best beside an allocator.
function kindest_of(what, other,    w, value, kindest, least) {
        for (w = 1; w <= workload_count; w++) {
                value = everywhere(what, workload[w]) ? ratio(what, workload[w], "pools", other) : -1
                if (value >= 0 && (kindest == "" || value < least)) {
                        kindest = workload[w]
                        least = value
                }
        }
        return kindest
}

function allocator_bars(what, name,    w, value, best, most, over, worst, kindest) {
        best = best_of(what)
        kindest = kindest_of(what, best)
        most = -1
        for (w = 1; w <= workload_count; w++) {
                value = everywhere(what, workload[w]) ? to_best(what, workload[w]) : -1
                if (value > most) {
                        worst = workload[w]
                        most = value
                }
                if (value > 1.10)
                        over = over sprintf(" %s %.2f", workload[w], value)
        }
        verdict(sprintf("%s, geometric mean, to the best of them, %s: at most 0.97", name, best), geomean(what, "pools", best), 0.97)
        verdict(sprintf("    and without the workload that is kindest, %s", kindest),
                geomean(what, "pools", best, " " kindest " "), 0.97)
        verdict(sprintf("%s of each workload to the best there: at most 1.10 (%s)", name, worst), most, 1.10)
        if (over != "")
                print "    over it:" over
}

# The pools without tracing beside the other allocators. Processor time says the same as wall time, and does so on a machine
# that has other work, too; it is the wall time that counts.
function allocators(    i) {
        allocator_count = 0
        for (i = 1; i <= tool_count; i++)
                if (tool[i] ~ /^(mimalloc|jemalloc|tcmalloc)$/)
                        allocator[++allocator_count] = tool[i]
        if (!has("pools") || !allocator_count)
                return
        printf "\nALLOCATOR BARS: the pools beside mimalloc, jemalloc and tcmalloc\n"
        allocator_bars("wall", "wall")
        allocator_bars("cpu", "CPU")
        verdict("peak RSS, geometric mean, to mimalloc: at most 1.00", has("mimalloc") ? geomean("rss", "pools", "mimalloc") : -1, 1.00)
        verdict("peak RSS, geometric mean, to glibc: at most 1.10", geomean("rss", "pools", "glibc"), 1.10)
}

END {
        if (only == "tracing") {
                costs_table("tracing")
                exit
        }
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
