-- One process, one thread, no trouble: a program that reads records into a list, keeps a cache that it never empties,
-- and formats lines. Frames below main are those of a C library without debug symbols.
INSERT INTO meta VALUES
  ('format', 2), ('heaptap_version', '0.1.0'), ('program', 'indexer'), ('command', './indexer big.txt'), ('pid', 4711),
  ('duration_ns', 12400000000), ('exit_status', 0), ('exit_signal', 0), ('exit_known', 1), ('traced', 1),
  ('events', 24691360), ('event_bytes', 64197536), ('frames', 15800), ('lost_events', 0), ('lost_frames', 0),
  ('damaged_frames', 0), ('salvaged_frames', 0), ('repeated_frames', 0), ('unknown_stacks', 0), ('bin_ns', 100000000),
  ('peak_bound', 0), ('page_bytes', 4096), ('interrupted', 0);
INSERT INTO process (id, pid, parent_pid, kind, exe, command, flags, start_ns, end_ns, end_kind, memory_limit, threads,
  threads_at_exit, allocations, frees, resizes, temporary, inherited_frees, requested, freed, live_blocks, live_bytes,
  peak_blocks, peak_bytes, peak_usable, peak_ns, peak_bound, rss_peak, walk, walk_blocks, walk_bytes, walk_untraced_blocks,
  walk_stacks_differ, counted_allocations, counted_frees, counted_resizes, mapped, free_slices, purged, metadata, side,
  recorder, stacks, stacks_truncated, stacks_broken, sparse_slabs, empty_pinned, empty_filling, empty_dense, empty_unpinned,
  resizes_in_place, resizes_moved)
VALUES (1, 4711, 4000, 'main', '/usr/local/bin/indexer', './indexer big.txt', 1, 0, 12400000000, 'exit', 536870912, 1, 1,
  12345678, 12344654, 1204, 12000000, 0, 4509715660, 4508667084, 1024, 1048576, 301024, 85144371, 91226112, 7300000000, 0,
  101082726, 'agrees', 1024, 1048576, 0, 0, 12345678, 12344654, 1204, 98566144, 1048576, 0, 65536, 2408192,
  1048576, 6, 0, 0, 1, 40960, 0, 7168, 14545472, 1204, 301);
INSERT INTO module VALUES
  (1, 1, 1, 94000000000000, 94000000100000, 94000000000000, 'aa', '/usr/local/bin/indexer', 'debug', 0),
  (2, 1, 1, 139000000000000, 139000002000000, 139000000000000, 'bb', '/usr/lib/x86_64-linux-gnu/libc.so.6', 'dynsym', 0),
  (3, 1, 1, 139100000000000, 139100002000000, 139100000000000, 'cc', '/opt/vendor/lib/libvendor.so.3', 'none', 0);
INSERT INTO frame VALUES (1, 1, 94000000004660, 4660), (2, 1, 94000000004800, 4800), (3, 1, 94000000005000, 5000),
  (4, 2, 139000000160000, 160000), (5, 2, 139000000160100, 160100), (6, 1, 94000000001000, 1000), (7, 1, 94000000006000, 6000),
  (8, 3, 139100000004096, 4096), (9, 1, 94000000004661, 4661), (10, 2, 139000000600000, 600000);
INSERT INTO symbol VALUES
  (1, 0, 'list_append', 'src/list.h', 31), (1, 1, 'read_records', 'src/records.c', 120),
  (2, 0, 'main', 'src/indexer.c', 44), (3, 0, 'main', 'src/indexer.c', 52),
  (5, 0, '__libc_start_main', NULL, NULL), (6, 0, '_start', NULL, NULL),
  (7, 0, 'cache_put', 'src/cache.c', 88),
  (9, 0, 'list_append', 'src/list.h', 31), (9, 1, 'read_records', 'src/records.c', 120),
  (10, 0, 'vasprintf', NULL, NULL);
INSERT INTO stack VALUES (1, 0, 3, NULL, '4 5 6'), (2, 0, 5, 1, '1 2'), (3, 0, 5, 1, '7 3'), (4, 0, 4, NULL, '10 3 4 5'),
  (5, 0, 5, 1, '8 3'), (6, 0, 5, 1, '9 2');
INSERT INTO site VALUES
  (1, 1, 2, 'malloc', 200000, 200000, 0, 0, 0, 8000000, 8000000, 9600000, 0, 0, 0, 200000, 8000000, 9600000, 8000000,
   40, 40, 100000, 7300000000, '0 0 0 0 0 200000 0 0', 0, 0, 0),
  (2, 1, 3, 'calloc', 1000, 0, 0, 0, 0, 1024000, 0, 1024000, 1000, 1024000, 1024000, 600, 614400, 614400, 1024000,
   1024, 1024, 50000000, 12350000000, '0 0 0 0 0 0 0 0', 35617, 20, 1),
  (3, 1, 4, 'malloc', 12044653, 12044653, 1204, 12000000, 12040000, 4424147084, 4424147084, 4576968140, 0, 0, 0,
   1, 76529971, 76807168, 76529971, 24, 76529971, 120000, 12390000000, '12000000 40000 4653 0 0 0 0 0', 0, 0, 0),
  (4, 1, 5, 'new', 25, 1, 0, 0, 1, 25600, 1024, 25600, 24, 24576, 24576, 24, 24576, 24576, 25600,
   1024, 1024, 30000000, 40000000, '0 1 0 0 0 0 0 0', 5343, 3, 1),
  (5, 1, 6, 'malloc', 100000, 100000, 0, 0, 0, 4000000, 4000000, 4800000, 0, 0, 0, 100000, 4000000, 4800000, 4000000,
   40, 40, 100000, 7300000000, '0 0 0 0 0 100000 0 0', 0, 0, 0);
INSERT INTO series SELECT 2, value, 8, 0, 8192, 0 FROM generate_series(0, 123);
INSERT INTO series VALUES (1, 1, 200000, 0, 8000000, 0), (1, 120, 0, 200000, 0, 8000000), (4, 0, 25, 1, 25600, 1024);
INSERT INTO process_series SELECT 1, value, 100000, 100000, 1000, 1000000, 2000000, NULL FROM generate_series(0, 123);
INSERT INTO pool VALUES
  (1, 1, 32, 'small', 2, 131072, 4096, 0, 0, 12044653, 61000, 0, 3, 1, 0, 0, 0, 131072, 0, '2 0 0 0 0 0 0 0 0 0'),
  (1, 2, 48, 'small', 220, 14417920, 300300, 0, 0, 300000, 4800, 40, 220, 0, 0, 0, 0, 14400000, 17920,
   '220 0 0 0 0 0 0 0 0 0'),
  (1, 47, 1024, 'small', 17, 1114112, 1071, 1024, 1048576, 1025, 60, 0, 17, 0, 1048576, 0, 0, 49152, 0,
   '0 0 0 0 1 0 0 0 2 14'),
  (1, 73, 0, 'huge', 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, '0 0 0 0 0 0 0 0 0 0');
-- The parts add up but for 1000 bytes.
INSERT INTO resident VALUES (1, 33554432, 4194304, 70000000, 200000, 2400000, 900000, 65536, 131072, 6291456, 131072,
  3593272);
