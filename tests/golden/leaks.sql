-- A server that was scanned each second and at exit: it loses a request each time and a table with its rows once, a thread
-- did not answer, and its cache is still reachable. One leak is suppressed. The scan at exit disagrees with the walk.
INSERT INTO meta VALUES
  ('format', 3), ('heaptap_version', '0.1.0'), ('program', 'server'), ('command', './server'), ('pid', 77),
  ('duration_ns', 61000000000), ('exit_status', 0), ('exit_signal', 0), ('exit_known', 1), ('traced', 1),
  ('events', 400000), ('event_bytes', 900000), ('frames', 225), ('lost_events', 0), ('lost_frames', 0),
  ('damaged_frames', 0), ('salvaged_frames', 0), ('repeated_frames', 0), ('unknown_stacks', 0), ('bin_ns', 1000000000),
  ('peak_bound', 0), ('page_bytes', 4096), ('interrupted', 0);
INSERT INTO process (id, pid, parent_pid, kind, exe, command, flags, start_ns, end_ns, end_kind, memory_limit, threads,
  threads_at_exit, allocations, frees, resizes, temporary, inherited_frees, requested, freed, live_blocks, live_bytes,
  peak_blocks, peak_bytes, peak_usable, peak_ns, peak_bound, rss_peak, walk, walk_blocks, walk_bytes, walk_untraced_blocks,
  walk_stacks_differ, stacks, stacks_truncated, stacks_broken)
VALUES (1, 77, 1, 'main', '/srv/server', './server', 1, 0, 61000000000, 'exit', 0, 4, 1, 200000, 199000, 0, 0, 0,
  20000000, 19000000, 1198, 181340, 1500, 200000, 220000, 30000000000, 0, 8000000, 'agrees', 1198, 181340, 0, 0, 8, 0, 0);
INSERT INTO module VALUES
  (1, 1, 1, 94000000000000, 94000000100000, 94000000000000, 'aa', '/srv/server', 'debug', 0),
  (2, 1, 1, 139000000000000, 139000002000000, 139000000000000, 'bb', '/usr/lib/libplugin.so', 'none', 0);
INSERT INTO frame VALUES (1, 1, 94000000000010, 10), (2, 1, 94000000000020, 20), (3, 1, 94000000000030, 30),
  (4, 1, 94000000000040, 40), (5, 1, 94000000000050, 50), (6, 1, 94000000000060, 60), (7, 2, 139000000000070, 70),
  (8, 1, 94000000000080, 80), (9, 1, 94000000000090, 90);
INSERT INTO symbol VALUES
  (1, 0, 'main', 'server.c', 90), (2, 0, 'serve', 'server.c', 40), (3, 0, 'request_new', 'request.c', 12),
  (4, 0, 'table_new', 'table.c', 10), (5, 0, 'row_new', 'table.c', 30), (6, 0, 'cache_put', 'cache.c', 55),
  (8, 0, 'known_leak', 'old.c', 5), (9, 0, 'cell_new', 'table.c', 50);
INSERT INTO stack VALUES (1, 0, 1, NULL, '1'), (2, 0, 3, 1, '3 2'), (3, 0, 2, 1, '4'), (4, 0, 2, 1, '5'), (5, 0, 2, 1, '6'),
  (6, 0, 2, 1, '7'), (7, 0, 2, 1, '8'), (8, 0, 2, 1, '9'), (9, 0, 2, 1, '4');
INSERT INTO leak_scan VALUES (1, 61, 'exit', 1, 4, 1, 60900000000, 1200000, 4200000, 307200, 181340,
  1000, 2, 68, 129, 100000, 200, 12640, 68500, 'differs', 61, 0, 1900000);
INSERT INTO leak VALUES
  (1, 61, 'definite', 2, NULL, 0, 60, 61440, 61440, 500000000, 60500000000, 61, 60, 1000000000, 1, 1024),
  (1, 61, 'definite', 3, NULL, 0, 1, 64, 64, 100000, 100000, 61, 0, 1000000000, 1, 64),
  (1, 61, 'definite', 9, NULL, 1, 1, 36, 64, 90000, 90000, 61, 0, 1000000000, 1, 36),
  (1, 61, 'indirect', 4, 3, 1, 20, 640, 640, 110000, 130000, 61, 0, 1000000000, 20, 640),
  (1, 61, 'indirect', 8, 9, 0, 48, 12000, 12288, 110000, 130000, 61, 0, 1000000000, 48, 12000),
  (1, 61, 'definite', 7, NULL, 0, 67, 6960, 6960, 110000, 130000, 61, 0, 1000000000, 67, 6960),
  (1, 61, 'possible', 6, NULL, 2, 2, 200, 224, 700000, 900000, 61, 0, 1000000000, 2, 200),
  (1, 61, 'reachable', 5, NULL, 0, 999, 99936, 110000, 700000, 59000000000, NULL, NULL, NULL, NULL, NULL),
  (1, 61, 'reachable', 3, NULL, 0, 1, 64, 64, 700000, 700000, NULL, NULL, NULL, NULL, NULL);
INSERT INTO leak_link VALUES
  (1, 3, 0, 'stack', 77, 4096, NULL, NULL, NULL, NULL, NULL, NULL),
  (1, 3, 1, 'cut', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (1, 3, 2, 'block', NULL, NULL, NULL, NULL, NULL, 3, 64, NULL),
  (1, 5, 0, 'data', NULL, 94000000002000, 1, 'the_cache', 16, NULL, NULL, NULL),
  (1, 5, 1, 'block', NULL, NULL, NULL, NULL, NULL, 3, 64, 24),
  (1, 5, 2, 'block', NULL, NULL, NULL, NULL, NULL, 5, 100, NULL);
INSERT INTO suppressions VALUES (NULL, 'known.supp', 'leak:known_leak' || char(10));
