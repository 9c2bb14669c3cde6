# What a profiler costs beside untraced glibc, and whether the bars are met; after runs.awk, for summary.awk.
# -v typical="…" names the workloads that the bars stand on.
#
#   alloc    millions of allocations, each with its free (a resize counts as one)
#   each     nanoseconds of processor time that the program spends for each of them, all of its own work included, with glibc:
#            where it does little else than allocate, any tracer looks bad
#   wall     until the program ends, ratio to glibc
#   pools    the same to heaptap's pools without tracing
#   CPU      user and system time of the program, ratio to glibc
#   all      the same with the analyzer, from its start to the finished profile
#   +ns      CPU that an allocation with its free costs more than with glibc, in the program
#   +all     the same with the analyzer; `least` is +ns between the least of all rounds
#   RSS      peak of the program, ratio to glibc
#   MiB      peak RSS of the analyzer
#   bytes    of an event in the stream
#   lost     events

function is_typical(name) { return index(" " typical " ", " " name " ") }

function costs_number(value, form) { return value <= unknown || value == -1 ? "-" : sprintf(form, value) }

function costs_line(tool, name,    count, events, least_of, pools) {
        count = allocations(name)
        events = middle("events", name, tool)
        least_of = lowest("cpu", name, tool)
        pools = tool == "tracing" ? ratio("wall", name, tool, "pools") : -1
        printf "%-12s %7s %7s %7s %6s %6s %6s %7s %7s %7s %6s %6s %6s %6s\n", name,
                costs_number(count > 0 ? count / 1e6 : -1, "%.2f"),
                costs_number(count > 0 ? middle("cpu", name, "glibc") / count * 1000 : -1, "%.0f"),
                costs_number(ratio("wall", name, tool, "glibc"), "%.2f"),
                costs_number(pools, "%.2f"),
                costs_number(ratio("cpu", name, tool, "glibc"), "%.2f"),
                costs_number(ratio("cpu_all", name, tool, "glibc"), "%.2f"),
                costs_number(added("cpu", name, tool, "glibc"), "%.0f"),
                costs_number(added("cpu_all", name, tool, "glibc"), "%.0f"),
                costs_number(count > 0 && least_of > 0 ? (least_of - lowest("cpu", name, "glibc")) / count * 1000 : unknown, "%.0f"),
                costs_number(ratio("rss", name, tool, "glibc"), "%.2f"),
                costs_number(has_rss(name, tool) ? middle("analyzer_rss", name, tool) / 1024 : -1, "%.1f"),
                costs_number(events > 0 ? middle("event_bytes", name, tool) / events : -1, "%.2f"),
                costs_number(middle("lost", name, tool), "%d")
}

function has_rss(name, tool) { return middle("analyzer_rss", name, tool) > 0 }

# The geometric mean of a ratio over the workloads that were measured; `of` is "typical" or "all". mean_count tells how many.
function mean_of(what, tool, other, of,    w, value, sum) {
        mean_count = 0
        for (w = 1; w <= workload_count; w++) {
                value = of == "all" || is_typical(workload[w]) ? ratio(what, workload[w], tool, other) : -1
                if (value < 0)
                        continue
                sum += log(value)
                mean_count++
        }
        return mean_count ? exp(sum / mean_count) : -1
}

# The median over the workloads of the nanoseconds added.
function added_middle(what, tool, of,    w, value, list) {
        for (w = 1; w <= workload_count; w++) {
                value = of == "all" || is_typical(workload[w]) ? added(what, workload[w], tool, "glibc") : unknown
                if (value > unknown)
                        list = list " " value
        }
        return list == "" ? unknown : median(list)
}

function costs_mean(tool, of, text,    wall) {
        wall = mean_of("wall", tool, "glibc", of)
        if (!mean_count)
                return
        printf "%-12s %7s %7s %7.2f %6s %6.2f %6.2f %7s %7s %7s %6.2f\n", text " " mean_count, "", "", wall,
                costs_number(tool == "tracing" ? mean_of("wall", tool, "pools", of) : -1, "%.2f"),
                mean_of("cpu", tool, "glibc", of), mean_of("cpu_all", tool, "glibc", of),
                costs_number(added_middle("cpu", tool, of), "%.0f"), costs_number(added_middle("cpu_all", tool, of), "%.0f"), "",
                mean_of("rss", tool, "glibc", of)
}

function costs_table(tool,    w) {
        printf "\n%s, beside untraced glibc (means are geometric, of +ns medians; * bars stand on these)\n", toupper(tool)
        printf "%-12s %7s %7s %7s %6s %6s %6s %7s %7s %7s %6s %6s %6s %6s\n", "", "alloc M", "each ns", "wall", "pools", "CPU", "all",
                "+ns", "+all", "least", "RSS", "MiB", "bytes", "lost"
        for (w = 1; w <= workload_count; w++)
                costs_line(tool, workload[w])
        costs_mean(tool, "typical", "typical")
        costs_mean(tool, "all", "all")
}
