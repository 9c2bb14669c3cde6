/* The same with the pools alone.
 * options: --trace=off
 * build: $CC $FLAGS -o $EXE $HERE/purge_fork.c
 * expect: exit 0
 * expect: processes 2
 * expect: sql SELECT count(*) FROM purge_limit WHERE why = 'configured' => 2
 * expect: sql SELECT count(*) FROM (SELECT sum(bytes) AS bytes FROM purge WHERE why = 'trim' GROUP BY process)
 *     WHERE bytes BETWEEN 26214400 AND 28214400 OR bytes BETWEEN 52428800 AND 54428800 => 2
 */
