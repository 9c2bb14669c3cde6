-- Whatever can go wrong: losses, damage, a killed program that forked, a walk that differs, bad frees, broken stacks, and
-- names that try to steer the terminal.
INSERT INTO meta VALUES
  ('format', 2), ('heaptap_version', '0.1.0'), ('program', 'server'), ('command', './server -d'), ('pid', 100),
  ('duration_ns', 300000000000), ('exit_status', 0), ('exit_signal', 11), ('exit_known', 1), ('traced', 1),
  ('events', 5000), ('event_bytes', 15000), ('frames', 9), ('lost_events', 1234), ('lost_frames', 5),
  ('damaged_frames', 2), ('salvaged_frames', 1), ('repeated_frames', 1), ('unknown_stacks', 1), ('bin_ns', 1000000000),
  ('peak_bound', 4096), ('page_bytes', 4096), ('interrupted', 1);
INSERT INTO process (id, pid, parent_pid, parent, kind, exe, command, flags, start_ns, end_ns, end_kind, threads,
  allocations, frees, resizes, requested, live_blocks, live_bytes, peak_blocks, peak_bytes, peak_usable, peak_ns, peak_bound,
  rss_peak, walk, walk_blocks, walk_bytes, walk_untraced_blocks, walk_stacks_differ, counted_allocations, counted_frees,
  counted_resizes, mapped, metadata, side, recorder, frees_foreign, frees_interior, frees_double, stacks, stacks_truncated,
  stacks_broken, stacks_checked, stacks_differ)
VALUES
  (1, 100, 1, NULL, 'main', '/srv/server', './server -d', 1, 0, 300000000000, 'killed', 4, 2000, 1500, 0, 200000, 500, 50000,
   600, 60000, 64000, 200000000000, 4096, 40960, 'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1048576, 4096, 8192,
   4096, 1, 2, 3, 40, 7, 3, 100, 2),
  (2, 101, 100, 1, 'fork', '/srv/server', './server -d', 1, 1000000000, 2000000000, 'exit', 1, 500, 400, 0, 50000, 100, 10000,
   100, 10000, 12000, 1500000000, 0, 4096000, 'differs', 101, 10100, 0, 1, 501, 400, 0, 1048576, 4096, 8192, 4096,
   0, 0, 0, 10, 0, 0, 0, 0),
  (3, 102, 100, 1, 'fork', '/srv/server', './server -d', 5, 1000000000, 2000000000, '_exit', 1, 0, 0, 0, 0, 0, 0,
   0, 0, 0, 0, 0, 4096000, 'agrees', 0, 0, 12, 0, 0, 0, 0, 1048576, 4096, 8192, 4096, 0, 0, 0, 0, 0, 0, 0, 0),
  (4, 103, 102, NULL, 'exec', '/usr/bin/jemalloc-user', 'jemalloc-user', 3, 1000000000, 2000000000, 'running', 1,
   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO event_loss VALUES (1, 1, 7, 3, 1000, 'pipe full'), (1, 2, 9, 2, 234, 'pipe full'), (2, 1, 3, 1, NULL, NULL);
INSERT INTO module VALUES
  (1, 1, 1, 4096, 8192, 0, 'aa', '/srv/server', 'symtab', 0),
  (2, 2, 1, 14096, 18192, 0, 'aa', '/srv/server', 'symtab', 0),
  (3, 1, 1, 24096, 28192, 0, 'dd', '/lib/x86_64-linux-gnu/libc.so.6', 'none', 0);
INSERT INTO frame VALUES (1, 1, 4196, 100), (2, 1, 4296, 200), (3, NULL, 140000000000000, 0), (4, 2, 14196, 100),
  (8, 1, 5096, 1000), (9, 3, 27000, 3000), (5, 3, 25000, 1000), (6, 3, 26000, 2000), (7, NULL, -10, 0);
INSERT INTO symbol VALUES (1, 0, 'handle' || char(27) || '[31m' || char(10) || CAST(x'ff' AS TEXT) || '"\', NULL, NULL),
  (2, 0, 'serve', NULL, NULL), (9, 0, '__libc_start_main', NULL, NULL), (4, 0, 'handle' || char(27) || '[31m' || char(10) || CAST(x'ff' AS TEXT) || '"\', NULL, NULL);
INSERT INTO stack VALUES (1, 0, 4, NULL, '1 2 5 6'), (2, 1, 2, NULL, '2 5'), (3, 2, 1, NULL, '3'), (4, 4, 0, NULL, ''),
  (5, 0, 5, NULL, '4 2 6 9 8'), (6, 0, 2, 77, '7 99');
INSERT INTO site (id, process, stack, kind, allocations, frees, resizes, temporary, short_lived, requested, freed,
  allocated_usable, live_blocks, live_bytes, live_usable, peak_blocks, peak_bytes, peak_usable, max_bytes, size_min, size_max,
  first_ns, last_ns) VALUES
  (1, 1, 1, 'malloc', 1000, 600, 0, 0, 0, 100000, 60000, 112000, 400, 40000, 44800, 500, 50000, 56000, 50000, 100, 100,
   1000, 299000000000),
  (2, 1, 2, 'new', 900, 900, 0, 900, 900, 90000, 90000, 100800, 0, 0, 0, 50, 5000, 5600, 5000, 100, 100, 2000, 3000),
  (3, 1, 3, 'calloc', 99, 0, 0, 0, 0, 9900, 0, 11088, 99, 9900, 11088, 49, 4900, 5488, 9900, 100, 100, 4000, 200000000),
  (4, 1, 4, 'malloc', 1, 0, 0, 0, 0, 100, 0, 112, 1, 100, 112, 1, 100, 112, 100, 100, 100, 5000, 5000),
  (5, 2, 5, 'malloc', 500, 400, 0, 0, 0, 50000, 40000, 56000, 100, 10000, 11200, 100, 10000, 11200, 10000, 100, 100,
   1200000000, 1900000000),
  (6, 3, 6, 'realloc', 0, 3, 0, 0, 0, 0, 300, 0, -3, -300, -336, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO series VALUES (1, 0, 1000, 600, 100000, 60000), (3, 1, 99, 0, 9900, 0), (1, 1099511627776, 1, 0, 1, 0), (3, -5, 1, 0, 1, 0);
