-- A short program that gave back all it had: nothing to say must be said shortly.
INSERT INTO meta VALUES ('heaptap_version', '0.1.0'), ('program', 'quiet'), ('pid', 5), ('duration_ns', 1000000),
  ('exit_known', 0), ('traced', 1), ('bin_ns', 10000), ('events', 2), ('event_bytes', 7);
INSERT INTO process (id, pid, kind, exe, flags, start_ns, end_ns, end_kind, allocations, frees, requested, freed, live_blocks,
  live_bytes, peak_blocks, peak_bytes, peak_usable, peak_ns, walk, walk_blocks, walk_bytes)
VALUES (1, 5, 'main', '/bin/quiet', 1, 0, 1000000, 'exit', 1, 1, 16, 16, 0, 0, 1, 16, 16, 500, 'agrees', 0, 0);
INSERT INTO stack VALUES (1, 0, 1, NULL, '1');
INSERT INTO module VALUES (1, 1, 1, 0, 1, 0, NULL, '/bin/quiet', 'debug', 0);
INSERT INTO frame VALUES (1, 1, 4, 4);
INSERT INTO symbol VALUES (1, 0, 'main', '/very/long/path/to/the/build/directory/of/a/continuous/integration/machine/' ||
  'workspace/project/source/component/quiet.c', 3);
INSERT INTO site (id, process, stack, kind, allocations, frees, requested, freed, allocated_usable, peak_blocks, peak_bytes,
  peak_usable, max_bytes, size_min, size_max, first_ns, last_ns)
VALUES (1, 1, 1, 'malloc', 1, 1, 16, 16, 16, 1, 16, 16, 16, 16, 16, 500, 500);
INSERT INTO series VALUES (1, 0, 1, 0, 16, 0), (1, 90, 0, 1, 0, 16);
