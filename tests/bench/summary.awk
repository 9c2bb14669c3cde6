# Tables of ratios to glibc, and what is to be reached; after runs.awk, tracing.awk and pools.awk.
#
#   pools      libheaptap.so preloaded without a pipe: the allocator alone
#   off        the same through the wrapper (--trace=off)
#   sampling   one byte in 512 KiB recorded (--sample=512K); beside off, it is what sampling costs
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
        table("rss", "PEAK RSS of the program, ratio to glibc", 1024, "M", all)
        if (profilers != " ")
                ends()
        for (i = 1; i <= tool_count; i++)
                if (tool[i] == "tracing" || wrapped[tool[i]] && has("tracing") && tool[i] !~ /^(off|sampling)$/)
                        costs_table(tool[i])
        if (has("tracing")) {
                scaling()
                tracing_bars()
        }
        allocators()
}
