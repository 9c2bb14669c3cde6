-- Every kind of error, with all that can be known of it and with next to nothing; and a kind that is not known yet.
INSERT INTO meta VALUES
  ('format', 2), ('heaptap_version', '0.1.0'), ('program', 'wrong'), ('command', './wrong'), ('pid', 100),
  ('duration_ns', 2000000000), ('exit_status', 0), ('exit_signal', 6), ('exit_known', 1), ('traced', 1),
  ('events', 5000), ('event_bytes', 15000), ('frames', 9), ('bin_ns', 1000000), ('page_bytes', 4096);
INSERT INTO process (id, pid, parent_pid, kind, exe, command, flags, start_ns, end_ns, end_kind, threads, allocations, frees,
  resizes, requested, live_blocks, live_bytes, peak_blocks, peak_bytes, peak_usable, peak_ns, peak_bound, rss_peak, walk,
  walk_blocks, walk_bytes, walk_untraced_blocks, walk_stacks_differ, frees_foreign, frees_interior, frees_double)
VALUES (1, 100, 1, 'main', '/srv/wrong', './wrong', 1, 0, 2000000000, 'error', 1, 2000, 2000, 0, 200000, 0, 0, 600, 60000, 64000,
  200000, 0, 4096000, 'agrees', 0, 0, 0, 0, 9, 2, 3);
INSERT INTO module VALUES (1, 1, 1, 4096, 8192, 0, 'aa', '/srv/wrong', 'debug', 0);
INSERT INTO frame VALUES (1, 1, 4196, 100), (2, 1, 4296, 200), (3, 1, 4396, 300), (4, 1, 4496, 400);
INSERT INTO symbol VALUES (1, 0, 'free_it', 'wrong.c', 10), (2, 0, 'make_it', 'wrong.c', 20), (3, 0, 'main', 'wrong.c', 30),
  (4, 0, 'drop_it', 'wrong.c', 40);
INSERT INTO stack VALUES (1, 0, 2, NULL, '1 3'), (2, 0, 2, NULL, '2 3'), (3, 1, 1, NULL, '4');
INSERT INTO error VALUES
  (1, 1, 'foreign', 'free', 7, 1, 1000, 2000, 140000000000000, 'stack', NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, NULL, NULL),
  (2, 1, 'foreign', 'realloc', 1, 1, 2000, 2000, 5000, 'module', 1, NULL, NULL, NULL, NULL, NULL, 0, 1, NULL, NULL),
  (3, 1, 'foreign', 'delete', 1, 1, 2000, 2000, -4096, 'other', NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL),
  (4, 1, 'foreign', 'free', 1, 1, 1500, 2000, 140000000004096, 'pools', NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, NULL, NULL),
  (5, 1, 'interior', 'free', 1, 1, 3000, 3000, 140000000000016, NULL, NULL, 'malloc', 1234, 16, NULL, NULL, 0, 1, 2, NULL),
  (6, 1, 'interior', 'free', 1, 1, 3001, 3000, 140000000000001, NULL, NULL, NULL, NULL, 1, NULL, NULL, 1, 1, NULL, NULL),
  (7, 1, 'double', 'free', 2, 1, 4000, 4000, 140000000000000, NULL, NULL, 'calloc', 1, NULL, NULL, NULL, 0, 1, 2, 3),
  (8, 1, 'size', 'delete', 1, 1, 5000, 5000, 140000000000000, NULL, NULL, 'new', 24, NULL, 16, NULL, 0, 1, 2, NULL),
  (9, 1, 'alignment', 'free', 1, 1, 6000, 6000, 140000000000000, NULL, NULL, 'aligned', 24, NULL, 4096, NULL, 0, 1, 2, NULL),
  (10, 1, 'array', 'delete[]', 1, 1, 7000, 7000, 140000000000000, NULL, NULL, 'new', 24, NULL, NULL, NULL, 0, 1, 2, NULL),
  (11, 1, 'link', NULL, 1, 1, 8000, 8000, 140000000000000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL),
  (12, 1, 'overflow', 'free', 1, 1, 9000, 9000, 140000000000000, NULL, NULL, 'malloc', 24, 24, NULL, 1, 0, 1, 2, NULL),
  (13, 1, 'write', NULL, 1, 1, 10000, 10000, 140000000000000, NULL, NULL, 'malloc', 2000, 8, NULL, 1992, 0, 3, 2, NULL),
  (14, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 99);
