-- Curves that rise and curves that only seem to. 100 s in bins of half a second; each place has one frame of its own.
INSERT INTO meta VALUES ('heaptap_version', '0.1.0'), ('program', 'curves'), ('pid', 9), ('duration_ns', 100000000000),
  ('exit_known', 1), ('exit_status', 0), ('exit_signal', 0), ('traced', 1), ('bin_ns', 500000000), ('events', 10),
  ('event_bytes', 30);
INSERT INTO process (id, pid, kind, exe, flags, start_ns, end_ns, end_kind, live_blocks, live_bytes, walk)
VALUES (1, 9, 'main', '/bin/curves', 1, 0, 100000000000, 'exit', 1, 1, 'agrees'),
       (2, 10, 'fork', '/bin/curves', 1, 60000000000, 100000000000, 'exit', 1, 1, 'agrees'),
       (3, 11, 'fork', '/bin/curves', 1, 90000000000, 90100000000, 'exit', 1, 1, 'agrees');
CREATE TEMP TABLE place (id INTEGER PRIMARY KEY, process, name);
INSERT INTO place VALUES
  (1, 1, 'leaks_steadily'), (2, 1, 'allocates_once_at_the_start'), (3, 1, 'saw_tooth'), (4, 1, 'leaks_under_a_saw_tooth'),
  (5, 1, 'three_steps'), (6, 1, 'fills_up_in_the_first_fifth'), (7, 1, 'noise'), (8, 1, 'small_leak_on_a_large_level'),
  (9, 1, 'shrinks'), (10, 1, 'slows_down'), (11, 2, 'leaks_steadily'), (12, 1, 'leaks_but_cleans_up_at_exit'),
  (13, 3, 'grows_for_a_tenth_of_a_second'), (14, 1, 'one_step_late');
INSERT INTO frame SELECT id, NULL, id, id FROM place;
INSERT INTO symbol SELECT id, 0, name, 'curves.c', 10 * min(id, CASE id WHEN 11 THEN 1 ELSE id END) FROM place;
INSERT INTO stack SELECT id, 0, 1, NULL, id FROM place;
CREATE TEMP TABLE level (place, bin, bytes);
INSERT INTO level SELECT 1, value, 1000 * value FROM generate_series(0, 199);
INSERT INTO level SELECT 2, value, 5000000 FROM generate_series(0, 199);
INSERT INTO level SELECT 3, value, 1000 * (value % 23) FROM generate_series(0, 199);
INSERT INTO level SELECT 4, value, 5000 * (value % 11) + 300 * value FROM generate_series(0, 199);
INSERT INTO level SELECT 5, value, 1000000 * ((value > 60) + (value > 110) + (value > 160)) FROM generate_series(0, 199);
INSERT INTO level SELECT 6, value, 100000 * min(value, 40) FROM generate_series(0, 199);
INSERT INTO level SELECT 7, value, 100000 + (value * 7919 % 1009) * 10 FROM generate_series(0, 199);
INSERT INTO level SELECT 8, value, 100000000 + 100 * value FROM generate_series(0, 199);
INSERT INTO level SELECT 9, value, 1000000 - 1000 * value FROM generate_series(0, 199);
INSERT INTO level SELECT 10, value, 1000000.0 * value / (value + 60) FROM generate_series(0, 199);
INSERT INTO level SELECT 11, value, 2000 * (value - 120) FROM generate_series(120, 199);
INSERT INTO level SELECT 12, value, 700 * value * (value < 198) FROM generate_series(0, 199);
INSERT INTO level SELECT 13, value, 1000 * value FROM generate_series(180, 180);
INSERT INTO level SELECT 14, value, 1000000 * (value > 120) FROM generate_series(0, 199);
INSERT INTO series SELECT place, bin, 1, 1, 1000000000 + CAST(bytes AS INTEGER), 1000000000 +
  coalesce((SELECT CAST(before.bytes AS INTEGER) FROM level AS before WHERE before.place = level.place AND before.bin = level.bin - 1), 0)
  FROM level;
INSERT INTO site (id, process, stack, kind, allocations, live_blocks, live_bytes, live_usable)
SELECT id, process, id, 'malloc', 1000 + id, 1,
  (SELECT sum(requested - freed) FROM series WHERE site = place.id),
  (SELECT sum(requested - freed) FROM series WHERE site = place.id) FROM place;
