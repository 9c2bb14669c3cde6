# shellcheck shell=sh disable=SC2034
# What is measured, for tests/bench/run and tests/bench/readme.

# Loops that do little else than allocate, and programs that fill and read what they allocate.
loops='small random threads remote server lists trees grow buffers large aligned calloc'
programs='depth-5 depth-20 depth-80 filled words expressions'
# The loops with another number of threads, pairs or lines.
variants='threads-1 threads-2 threads-8 remote-1 remote-8 server-1 server-2 server-8'
real='sqlite3 python3 lua perl redis cc1plus xmllint jq git'
# Those that the bars of tracing stand on: of each kind some, as programs are.
typical='small depth-5 depth-20 depth-80 random lists threads remote server sqlite3 python3 perl lua xmllint jq cc1plus redis'
