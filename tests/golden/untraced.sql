-- heaptap --trace=off: the pools alone. There are no events, sites or stacks.
INSERT INTO meta VALUES
  ('format', 2), ('heaptap_version', '0.1.0'), ('program', 'sort'), ('command', 'sort big.txt'), ('pid', 77),
  ('duration_ns', 2500000000), ('exit_status', 3), ('exit_signal', 0), ('exit_known', 1), ('traced', 0), ('events', 0),
  ('event_bytes', 0), ('bin_ns', 1000000), ('interrupted', 0);
INSERT INTO process (id, pid, kind, exe, command, flags, start_ns, end_ns, end_kind, rss_peak, walk, mapped, free_slices, purged,
  metadata, side, recorder)
VALUES (1, 77, 'main', '/usr/bin/sort', 'sort big.txt', 0, 0, 2500000000, '_exit', 9437184, 'none', 12582912, 1048576, 0, 65536, 0,
  0);
INSERT INTO pool VALUES
  (1, 0, 16, 'small', 1, 65536, 4096, 100, 1600, 50000, 200, 0, 1, 0, 1600, 0, 0, 63936, 0, '1 0 0 0 0 0 0 0 0 0'),
  (1, 1, 32, 'small', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '0 0 0 0 0 0 0 0 0 0'),
  (1, 7, 128, 'small', 3, 196608, 1536, 1500, 192000, 1234567, 1000, 12, 4, 1, 192000, 0, 0, 3840, 768,
   '0 0 0 0 0 0 0 0 1 2'),
  (1, 72, 0, 'large', 2, 393216, 2, 2, 380000, 20, 20, 0, 0, 0, 380000, 0, 0, 0, 0, '0 0 0 0 0 0 0 0 0 0'),
  (1, 73, 0, 'huge', 1, 8388608, 1, 1, 8388608, 1, 1, 0, 0, 0, 4194304, 4194304, 0, 0, 0, '0 0 0 0 0 0 0 0 0 0');
INSERT INTO resident VALUES (1, 7340032, 1048576, 500000, 65536, 0, 0, 8192, 131072, 1048576, 131072, 70560);
INSERT INTO purge_limit VALUES (1, 0, 0, 0, 'configured', 'none', 4194304, 67108864, 1000, 0, 0, 0, 40000000),
  (1, 1, 1, 3000000000, 'squeezed', 'cgroup', 2097152, 33554432, 500, 220000000, 268435456, 0.01, 50000000),
  (1, 2, 2, 4000000000, 'emptied', 'stall', 0, 0, 0, 0, 0, 0.12, 50000000),
  (1, 3, 3, 9000000000, 'returned', 'cgroup', 1048576, 16777216, 250, 160000000, 268435456, 0, 0);
INSERT INTO purge VALUES (1, 0, 'decay', 12, 50000000, 3000000, 1000000), (1, 0, 'excess', 1, 70000000, 1000000, 0),
  (1, 2, 'pressure', 1, 50000000, 900000, 65536);
