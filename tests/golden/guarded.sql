-- A program that died while blocks had pages of their own.
INSERT INTO meta VALUES
  ('format', 2), ('heaptap_version', '0.1.0'), ('program', 'wrong'), ('command', './wrong'), ('pid', 100),
  ('duration_ns', 2000000000), ('exit_status', 0), ('exit_signal', 11), ('exit_known', 1), ('traced', 1),
  ('events', 5000), ('event_bytes', 15000), ('frames', 9), ('bin_ns', 1000000), ('page_bytes', 4096);
INSERT INTO process (id, pid, parent_pid, kind, exe, command, flags, start_ns, end_ns, end_kind, threads, allocations, frees,
  resizes, requested, live_blocks, live_bytes, peak_blocks, peak_bytes, peak_usable, peak_ns, peak_bound, rss_peak, walk)
VALUES
  (1, 100, 1, 'main', '/srv/wrong', './wrong', 1, 0, 2000000000, 'killed', 1, 2000, 2000, 0, 200000, 0, 0, 600, 60000, 64000,
   200000, 0, 4096000, 'none'),
  (2, 101, 100, 'fork', '/srv/wrong', './wrong', 1, 0, 2000000000, 'killed', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4096000, 'none');
INSERT INTO module VALUES (1, 1, 1, 4096, 8192, 0, 'aa', '/srv/wrong', 'debug', 0);
INSERT INTO frame VALUES (1, 1, 4196, 100), (2, 1, 4296, 200);
INSERT INTO symbol VALUES (1, 0, 'free_it', 'wrong.c', 10), (2, 0, 'make_it', 'wrong.c', 20);
INSERT INTO stack VALUES (1, 0, 1, NULL, '1'), (2, 0, 1, NULL, '2');
INSERT INTO guarded VALUES (1, 0, 140000000000000, 100, 1, 2, 1), (1, 1, 140000000008192, 4096, 0, 2, NULL),
  (1, 2, 140000000016384, 0, 0, NULL, NULL), (2, 0, 140000000000000, 7, 0, 2, NULL);
