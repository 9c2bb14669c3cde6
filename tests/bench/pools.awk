# The pools without tracing beside the other allocators; after runs.awk, for summary.awk and readme.awk.

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

# Whether there is something to compare.
function find_allocators(    i) {
        allocator_count = 0
        for (i = 1; i <= tool_count; i++)
                if (tool[i] ~ /^(mimalloc|jemalloc|tcmalloc)$/)
                        allocator[++allocator_count] = tool[i]
        return has("pools") && allocator_count
}

# Processor time says the same as wall time, and does so on a machine
# that has other work, too; it is the wall time that counts.
function allocators() {
        if (!find_allocators())
                return
        printf "\nALLOCATOR BARS: the pools beside mimalloc, jemalloc and tcmalloc\n"
        allocator_bars("wall", "wall")
        allocator_bars("cpu", "CPU")
        verdict("peak RSS, geometric mean, to mimalloc: at most 1.00", has("mimalloc") ? geomean("rss", "pools", "mimalloc") : -1, 1.00)
        verdict("peak RSS, geometric mean, to glibc: at most 1.10", geomean("rss", "pools", "glibc"), 1.10)
}
