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
#   +all     the same with the analyzer; `least` is +ns between the least of all rounds, with least other work
#   stacks   different ones, in thousands
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
        printf "%-13s %7s %7s %7s %6s %6s %6s %7s %7s %7s %6s %6s %6s %6s %6s\n", name (is_typical(name) ? "*" : ""),
                costs_number(count > 0 ? count / 1e6 : -1, "%.2f"),
                costs_number(count > 0 ? middle("cpu", name, "glibc") / count * 1000 : -1, "%.0f"),
                costs_number(ratio("wall", name, tool, "glibc"), "%.2f"),
                costs_number(pools, "%.2f"),
                costs_number(ratio("cpu", name, tool, "glibc"), "%.2f"),
                costs_number(ratio("cpu_all", name, tool, "glibc"), "%.2f"),
                costs_number(added("cpu", name, tool, "glibc"), "%.0f"),
                costs_number(added("cpu_all", name, tool, "glibc"), "%.0f"),
                costs_number(count > 0 && least_of > 0 ? (least_of - lowest("cpu", name, "glibc")) / count * 1000 : unknown, "%.0f"),
                costs_number(tool == "tracing" ? middle("stacks", name, tool) / 1e3 : -1, "%.1f"),
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
        printf "%-13s %7s %7s %7.2f %6s %6.2f %6.2f %7s %7s %7s %6s %6.2f\n", text " " mean_count, "", "", wall,
                costs_number(tool == "tracing" ? mean_of("wall", tool, "pools", of) : -1, "%.2f"),
                mean_of("cpu", tool, "glibc", of), mean_of("cpu_all", tool, "glibc", of),
                costs_number(added_middle("cpu", tool, of), "%.0f"), costs_number(added_middle("cpu_all", tool, of), "%.0f"), "", "",
                mean_of("rss", tool, "glibc", of)
}

function costs_table(tool,    w) {
        printf "\n%s, beside untraced glibc (means are geometric, of +ns medians; * bars stand on these)\n", toupper(tool)
        printf "%-13s %7s %7s %7s %6s %6s %6s %7s %7s %7s %6s %6s %6s %6s %6s\n", "", "alloc M", "each ns", "wall", "pools", "CPU", "all",
                "+ns", "+all", "least", "stacks", "RSS", "MiB", "bytes", "lost"
        for (w = 1; w <= workload_count; w++)
                costs_line(tool, workload[w])
        costs_mean(tool, "typical", "typical")
        costs_mean(tool, "all", "all")
}

# --- threads

# CPU of the program for each allocation, in nanoseconds, over what it takes with glibc (tool "glibc": all of it).
function scaling_cell(name, tool,    value) {
        if (tool == "glibc")
                value = allocations(name) > 0 ? middle("cpu", name, tool) / allocations(name) * 1000 : unknown
        else
                value = added("cpu", name, tool, "glibc")
        printf " %12s", costs_number(value, tool == "glibc" ? "%.0f" : "%+.0f")
}

# The workload of so many threads: `threads`, `remote` and `server` themselves have 16, 4 and 8 threads.
function scaling(    list, count, i, j, seen_any) {
        count = split("threads-1 threads-2 threads-8 remote-1 remote-8 server-1 server-2 server-8", list, " ")
        for (i = 1; i <= count; i++)
                seen_any = seen_any || allocations(list[i]) > 0
        if (!seen_any)
                return
        printf "\nTHREADS, pairs or lines of them: CPU ns of the program for each allocation with its free; + is over glibc\n%-13s", ""
        for (j = 1; j <= tool_count; j++)
                if (tool[j] == "glibc" || wrapped[tool[j]] || tool[j] == "pools")
                        printf " %12s", tool[j]
        printf "\n"
        for (i = 1; i <= count; i++) {
                printf "%-13s", list[i]
                for (j = 1; j <= tool_count; j++)
                        if (tool[j] == "glibc" || wrapped[tool[j]] || tool[j] == "pools")
                                scaling_cell(list[i], tool[j])
                printf "\n"
        }
}

# --- bars

function bar_line(text, value, good, misses) {
        printf "  %-78s %9s  %s%s\n", text, value, good < 0 ? "not measured" : good ? "MET" : "NOT MET", good == 0 ? misses : ""
}

# A geometric mean that is to be at most `most`.
function bar_mean(text, what, of, most,    value) {
        value = mean_of(what, "tracing", "glibc", of)
        bar_line(sprintf(text, mean_count), costs_number(value, "%.2f"), value < 0 ? -1 : value <= most)
}

function bar_value(kind, name,    events) {
        if (kind == "wall" || kind == "heaptrack")
                return ratio("wall", name, "tracing", kind == "wall" ? "glibc" : kind)
        if (kind == "bytes") {
                events = middle("events", name, "tracing")
                return events < 10000 ? unknown : middle("event_bytes", name, "tracing") / events # what begins a stream is most of a short one
        }
        if (kind == "analyzer")
                return middle("analyzer_rss", name, "tracing") / 1024
        return added(kind, name, "tracing", "glibc")
}

# What is to be at most `most` in each workload but those that `without` names; the worst is shown, those that miss it are named.
function bar_each(text, kind, of, most, without, form,    w, value, worst, misses, count) {
        worst = unknown
        for (w = 1; w <= workload_count; w++) {
                if (of != "all" && !is_typical(workload[w]) || index(without, " " workload[w] " "))
                        continue
                value = bar_value(kind, workload[w])
                if (value <= unknown || value < 0 && kind !~ /^cpu/)
                        continue
                count++
                worst = value > worst ? value : worst
                if (value > most)
                        misses = misses " " workload[w] " " sprintf(form, value)
        }
        bar_line(text, costs_number(worst, form), count ? misses == "" : -1, ":" misses)
}

# Two and eight threads are to cost no more per allocation than one; a tenth and 2 ns are the measurement's own spread.
function bar_threads(    list, count, i, one, value, misses, measured) {
        count = split("threads-2 threads-8 remote-8 server-2 server-8", list, " ")
        for (i = 1; i <= count; i++) {
                value = added("cpu", list[i], "tracing", "glibc")
                one = added("cpu", substr(list[i], 1, length(list[i]) - 1) 1, "tracing", "glibc")
                if (value <= unknown || one <= unknown)
                        continue
                measured++
                if (value > one * 1.1 + 2)
                        misses = misses sprintf(" %s %.0f for %.0f", list[i], value, one)
        }
        bar_line("2 and 8 threads cost no more per allocation than one (+ns, a tenth is noise)", "", measured ? misses == "" : -1, ":" misses)
}

function tracing_bars() {
        printf "\nTRACING BARS, beside untraced glibc; the typical workloads are those with *\n"
        bar_mean("wall, geometric mean over the %d typical workloads: at most 1.25", "wall", "typical", 1.25)
        bar_mean("    and over all %d, loops that only allocate among them", "wall", "all", 1.25)
        bar_each("wall of each typical workload: at most 1.8", "wall", "typical", 1.8, "", "%.2f")
        bar_mean("CPU with the analyzer, geometric mean over the %d: at most 1.5", "cpu_all", "typical", 1.5)
        bar_mean("    and over all %d", "cpu_all", "all", 1.5)
        bar_each("CPU added to an allocation with its free, program: at most 60 ns, not cc1plus", "cpu", "typical", 60, " cc1plus ", "%.0f")
        bar_each("    with the analyzer: at most 100 ns, not cc1plus", "cpu_all", "typical", 100, " cc1plus ", "%.0f")
        bar_mean("peak RSS of the program, geometric mean over the %d: at most 1.25", "rss", "typical", 1.25)
        bar_each("peak RSS of the analyzer: at most 40 MiB", "analyzer", "typical", 40, "", "%.1f")
        bar_threads()
        bar_each("bytes of an event, on every workload: at most 4", "bytes", "all", 4, "", "%.2f")
        bar_line("events lost", lost + 0, lost == 0)
        bar_each("wall beside heaptrack, on every workload: less than 1", "heaptrack", "all", 0.9999, "", "%.2f")
}
