-- C++: long template names, allocators between the caller and operator new, deep recursion, many places.
INSERT INTO meta VALUES ('heaptap_version', '0.1.0'), ('program', 'containers'), ('pid', 12), ('duration_ns', 1500000000),
  ('exit_known', 1), ('exit_status', 0), ('exit_signal', 0), ('traced', 1), ('bin_ns', 10000000), ('events', 90000),
  ('event_bytes', 180000);
INSERT INTO process (id, pid, kind, exe, flags, start_ns, end_ns, end_kind, allocations, frees, requested, live_blocks,
  live_bytes, peak_blocks, peak_bytes, peak_usable, peak_ns, rss_peak, walk, stacks)
VALUES (1, 12, 'main', '/opt/containers', 1, 0, 1500000000, 'exit', 1840, 900, 184000, 940, 94000, 1000, 100000, 120000,
  900000000, 3145728, 'agrees', 18);
INSERT INTO module VALUES (1, 1, 1, 0, 1, 0, NULL, '/opt/containers', 'debug', 0),
  (2, 1, 1, 0, 1, 0, NULL, '/usr/lib/x86_64-linux-gnu/libc.so.6', 'none', 0);
INSERT INTO frame VALUES (1, 1, 10, 10), (2, 1, 20, 20), (3, 1, 30, 30), (4, 2, 40, 40), (5, 2, 50, 50);
INSERT INTO frame SELECT 100 + value, 1, 100 + value, 100 + value FROM generate_series(1, 17);
INSERT INTO symbol VALUES
  (1, 0, 'std::__new_allocator<std::_Rb_tree_node<std::pair<int const, std::string> > >::allocate(unsigned long, void const*)',
   '/usr/include/c++/12/bits/new_allocator.h', 137),
  (1, 1, 'std::allocator_traits<std::allocator<std::_Rb_tree_node<std::pair<int const, std::string> > > >::allocate(...)',
   '/usr/include/c++/12/bits/alloc_traits.h', 464),
  (1, 2, 'std::map<int, std::string, std::less<int>, std::allocator<std::pair<int const, std::string> > >::operator[](int&&)',
   '/usr/include/c++/12/bits/stl_map.h', 511),
  (2, 0, 'main', '/home/user/project/containers.cc', 20),
  (3, 0, 'recurse(int)', '/home/user/project/containers.cc', 9);
INSERT INTO symbol SELECT 100 + value, 0, 'place_' || value || '()', '/home/user/project/containers.cc', 100 + value
  FROM generate_series(1, 17);
INSERT INTO stack SELECT value, 0, 2, NULL, (100 + value) || ' 2' FROM generate_series(1, 14);
INSERT INTO stack SELECT 15, 0, 13, NULL, '115 ' || group_concat(101 + value % 14, ' ') || ' 2' FROM generate_series(1, 11);
INSERT INTO stack SELECT 16, 0, 16, NULL, '116 ' || group_concat(101 + value % 14, ' ') || ' 2' FROM generate_series(1, 14);
INSERT INTO stack SELECT 17, 0, 32, NULL, '117 ' || group_concat(3, ' ') || ' 2' FROM generate_series(1, 30);
INSERT INTO stack VALUES (18, 0, 4, NULL, '1 2 4 5');
INSERT INTO site SELECT value, 1, value, 'new', 10 * value, 5 * value, value, value, 2 * value, 1000 * value, 500 * value,
  1200 * value, 5 * value, 500 * value, 600 * value, 6 * value, 600 * value, 720 * value, 600 * value, 100, 100,
  1000 * value, 1000000 * value, '0 0 0 0 0 0 0 0', 120 * value, value / 2, value / 4
  FROM generate_series(1, 18);
INSERT INTO pool VALUES (1, 6, 120, 'small', 2, 131072, 1100, 855, 102600, 1710, 20, 100, 2, 0, 94000, 0, 8600, 28472, 0,
  '0 0 0 0 0 0 0 2 0 0');
