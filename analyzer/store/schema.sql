-- The profile: one SQLite file. Sizes are bytes, times are nanoseconds since the start of the first process unless a
-- name says otherwise. `requested` is what the program asked for, `usable` what the pools gave it.
PRAGMA application_id = 0x48544150; -- "HTAP"
PRAGMA user_version = 3;

-- format, heaptap_version, program (file name), command, pid, duration_ns, exit_status (0-255), exit_signal (0: none),
-- exit_known (1: the launcher told), traced (0: pools alone), events, event_bytes, frames, lost_events, lost_frames,
-- damaged_frames, salvaged_frames, repeated_frames, unknown_stacks, bin_ns, peak_bound, start_unix_ns, host, cpus,
-- page_bytes, interrupted (1: the report was made while processes still ran), raw_parts_missing, raw_frames_missing (of the
-- raw file that was analysed; frames: at least), raw_cut (1: its end is missing), analyzer_rss_peak, analyzer_cpu_us (what the
-- analysis took, symbols and profile included)
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE process (
  id INTEGER PRIMARY KEY,        -- the stream number
  pid INTEGER, parent_pid INTEGER,
  parent INTEGER,                -- id of the process it was forked from, or NULL
  kind TEXT,                     -- 'main', 'fork', 'exec'
  exe TEXT, command TEXT,        -- arguments joined by spaces
  flags INTEGER,                 -- 1 traced, 2 brings its own malloc, 4 recording began late, 8 pids of another namespace
  start_ns INTEGER, end_ns INTEGER,
  end_kind TEXT,                 -- 'exit', '_exit', 'error' (--on-error=abort), 'killed' (no last words: signal, exec or crash), 'running'
  memory_limit INTEGER,          -- 0: none
  threads INTEGER, threads_at_exit INTEGER,
  allocations INTEGER, frees INTEGER, resizes INTEGER, temporary INTEGER, inherited_frees INTEGER,
  requested INTEGER, freed INTEGER,
  live_blocks INTEGER, live_bytes INTEGER,       -- by the events, at the end
  peak_blocks INTEGER, peak_bytes INTEGER, peak_usable INTEGER, peak_ns INTEGER,
  peak_bound INTEGER,            -- the true peak is at most this much higher (0 for one thread)
  rss_peak INTEGER,
  cpu_user_us INTEGER, cpu_system_us INTEGER,
  walk TEXT,                     -- 'agrees', 'differs', 'moving' (other threads went on meanwhile, so neither is said), 'none'
  walk_blocks INTEGER, walk_bytes INTEGER,
  walk_inherited_blocks INTEGER, walk_inherited_bytes INTEGER, walk_untraced_blocks INTEGER,
  walk_stacks_differ INTEGER,    -- stacks whose walk and events disagree
  counted_allocations INTEGER, counted_frees INTEGER, counted_resizes INTEGER, -- the guest's own count, or NULL
  mapped INTEGER, free_slices INTEGER, purged INTEGER, metadata INTEGER, side INTEGER, recorder INTEGER,
  frees_foreign INTEGER, frees_interior INTEGER, frees_double INTEGER,
  stacks INTEGER, stacks_truncated INTEGER, stacks_broken INTEGER, stacks_checked INTEGER, stacks_differ INTEGER,
  -- What is empty in small slabs, by the walk: pinned in sparse slabs (by sites, by the parent's blocks and by heaptap's own),
  -- in sparse slabs that threads allocate from next, in slabs at least half full, in slabs without recorded blocks.
  sparse_slabs INTEGER, empty_pinned INTEGER, empty_filling INTEGER, empty_dense INTEGER, empty_unpinned INTEGER,
  resizes_in_place INTEGER, resizes_moved INTEGER -- reallocs of blocks, traced or not
);

CREATE TABLE thread (
  process INTEGER, number INTEGER, tid INTEGER, name TEXT,
  allocations INTEGER, frees INTEGER, requested INTEGER, ended INTEGER,
  PRIMARY KEY (process, number)
) WITHOUT ROWID;

CREATE TABLE module (
  id INTEGER PRIMARY KEY, process INTEGER, generation INTEGER,
  start INTEGER, end INTEGER, bias INTEGER,      -- addresses, as signed 64-bit numbers
  build_id TEXT,                 -- hex
  path TEXT,
  symbols TEXT,                  -- 'debug' (lines), 'symtab' or 'dynsym' (names only), 'none', 'missing' (file not readable)
  gone INTEGER                   -- 1: unloaded before the end
);

-- A place in a module (or in generated code: module NULL). Frames of equal module path, build id and offset are one row.
CREATE TABLE frame (id INTEGER PRIMARY KEY, module INTEGER, address INTEGER, offset INTEGER);

-- What a frame is in the source: depth 0 is the innermost inlined function, the last depth the function itself.
CREATE TABLE symbol (
  frame INTEGER, depth INTEGER, function TEXT, file TEXT, line INTEGER,
  PRIMARY KEY (frame, depth)
) WITHOUT ROWID;

-- Stacks share their outer parts: one has a few frames of its own and goes on in another; some are there only to be shared.
-- View stack_frame has them whole.
CREATE TABLE stack (
  id INTEGER PRIMARY KEY,
  flags INTEGER,                 -- 1 truncated, 2 broken, 4 never defined
  depth INTEGER,                 -- frames in all; heaptap's own are left out
  outer INTEGER,                 -- the stack that goes on behind its own frames, with a smaller id; NULL: none
  frames TEXT                    -- its own, the innermost first, separated by spaces
);

-- One row for each process and stack that allocated (or freed what it was born with).
CREATE TABLE site (
  id INTEGER PRIMARY KEY, process INTEGER, stack INTEGER,
  kind TEXT,                     -- malloc calloc realloc aligned new new[]; the first seen
  allocations INTEGER, frees INTEGER, resizes INTEGER,
  temporary INTEGER,             -- blocks freed before their thread's next allocation
  short_lived INTEGER,           -- blocks freed within 1 ms (temporary ones included)
  requested INTEGER, freed INTEGER, allocated_usable INTEGER,
  live_blocks INTEGER, live_bytes INTEGER, live_usable INTEGER, -- at the end
  peak_blocks INTEGER, peak_bytes INTEGER, peak_usable INTEGER, -- when the process was at its peak
  max_bytes INTEGER,             -- the most this site held at any time
  size_min INTEGER, size_max INTEGER,
  first_ns INTEGER, last_ns INTEGER,
  ages TEXT,                     -- frees by enum wire_age, 0 to 7, separated by spaces
  -- At the end, by the walk: the empty bytes of sparse slabs (less than half full) are charged to the blocks in use there.
  pinned_bytes INTEGER, pinning_blocks INTEGER,
  pinned_slabs INTEGER           -- a slab counts for every site that pins it
);

-- Of processes that record a sample (--sample). What the tables say of blocks are estimates then: each block that was taken
-- stands for all like it. resident, pool and purge are no estimates.
CREATE TABLE process_sample (
  process INTEGER PRIMARY KEY,
  rate INTEGER,                  -- bytes, of which one is taken
  allocations INTEGER, frees INTEGER, resizes INTEGER, -- that were taken, by the events
  counted_allocations INTEGER, counted_frees INTEGER, counted_resizes INTEGER -- and by the guest's own count, or NULL
);
CREATE TABLE site_sample (
  site INTEGER PRIMARY KEY,
  taken INTEGER,                 -- allocations and resizes
  -- Variances of the estimates of bytes, in units of (rate / 1024)^2.
  requested_spread INTEGER, live_spread INTEGER, peak_spread INTEGER,
  allocations_variance INTEGER
);

-- What the program did wrong with blocks: one row for each kind, call and stacks; numbers are those of the first time.
CREATE TABLE error (
  id INTEGER PRIMARY KEY, process INTEGER,
  kind TEXT,                     -- 'foreign' (no block), 'interior', 'double', 'size' or 'alignment' (not what the free says),
                                 -- 'array' (new and delete[], or the other way round), 'link' (of a free list: written to
                                 -- after the free), 'overflow' (written behind the end), 'write' (after the free)
  call TEXT,                     -- 'free', 'realloc', 'delete', 'delete[]'; NULL: found by heaptap itself
  count INTEGER, thread INTEGER, first_ns INTEGER, last_ns INTEGER,
  address INTEGER,               -- that was given, or of the block, as a signed 64-bit number
  place TEXT,                    -- of kind foreign: 'stack' (of the thread), 'module', 'pools' (no block there yet), 'other'
  module INTEGER,
  block_kind TEXT,               -- how the block was allocated: malloc calloc … as in site; NULL: not known
  block_bytes INTEGER,           -- that were asked for
  offset INTEGER,                -- in the block: of the address, or of the first changed byte
  said INTEGER,                  -- the size or alignment that the free says
  changed_bytes INTEGER,
  freed INTEGER,                 -- 1: the block around an interior address was free
  stack INTEGER,                 -- where it was found; of 'write' where the block was freed
  alloc_stack INTEGER,           -- where the block was allocated; NULL: not known
  free_stack INTEGER             -- where it was freed first; NULL: not known
);

-- The last block with pages of its own (--guard) in each slot.
CREATE TABLE guarded (
  process INTEGER, slot INTEGER, address INTEGER, bytes INTEGER,
  freed INTEGER,                 -- 1: it may not be touched at all; 0: the page behind it may not be touched
  alloc_stack INTEGER, free_stack INTEGER,
  PRIMARY KEY (process, slot)
) WITHOUT ROWID;

-- The last scan for leaks of each process: what points at the blocks that are alive, and who is pointed at by nothing.
CREATE TABLE leak_scan (
  process INTEGER PRIMARY KEY,
  number INTEGER,                -- of the scan, from 1
  why TEXT,                      -- 'exit', 'request', 'period' (--leak-check-every)
  flags INTEGER,                 -- 1 in place, 2 incomplete (no memory or no time: nothing is called lost), 4 by ptrace,
                                 -- 8 the threads could not be stopped
  threads INTEGER, threads_silent INTEGER, -- silent: did not answer, so their registers are not known
  time_ns INTEGER, pause_ns INTEGER, scan_ns INTEGER, -- pause: for which the threads stood still
  root_bytes INTEGER, heap_bytes INTEGER, -- read outside of the heap, and of blocks
  reachable_blocks INTEGER, possible_blocks INTEGER, indirect_blocks INTEGER, definite_blocks INTEGER,
  reachable_bytes INTEGER, possible_bytes INTEGER, indirect_bytes INTEGER, definite_bytes INTEGER,
  walk TEXT,                     -- whether all of these together are what the walk of the heap found: 'agrees', 'differs',
                                 -- 'none' (no walk at that time, or other threads ran)
  scans INTEGER, scans_incomplete INTEGER, -- that were made of the process
  pause_max_ns INTEGER           -- of all of these
);

-- What it found, by class and stack. Births, as all times, are since the start of the first process.
CREATE TABLE leak (
  process INTEGER,
  scan INTEGER,                  -- its number
  class TEXT,                    -- 'definite', 'indirect' (only lost blocks point there), 'possible' (only pointers into the
                                 -- block, none to its start), 'reachable'
  stack INTEGER,
  root INTEGER,                  -- 'indirect': stack of the lost block that these are charged to; else NULL
  flags INTEGER,                 -- 1 some are members of their root's cycle, 2 unsure (a thread did not answer: possible in
                                 -- place of definite), 4 reachable by pointers into the block that C++ explains
  blocks INTEGER, bytes INTEGER, usable INTEGER,
  first_ns INTEGER, last_ns INTEGER, -- earliest and latest birth
  -- From scan to scan; NULL for what is reachable.
  scans INTEGER,                 -- that it was seen in
  rises INTEGER,                 -- of these, had more blocks than the scan before
  base_ns INTEGER, base_blocks INTEGER, base_bytes INTEGER -- what there was at first
);

-- Who points at blocks that are reachable (--who): one chain for each stack. Links from the root, 0, to the block.
CREATE TABLE leak_link (
  process INTEGER, stack INTEGER,
  position INTEGER,
  kind TEXT,                     -- 'data' (of a module), 'stack', 'register', 'thread-local', 'mapping', 'block', 'cut' (links
                                 -- were left out)
  tid INTEGER,                   -- of a thread's stack, register or thread-local memory
  address INTEGER,               -- as a signed 64-bit number; NULL for blocks and registers
  module INTEGER, symbol TEXT, symbol_offset INTEGER, -- of data, as far as they are known
  block_stack INTEGER, block_bytes INTEGER,
  offset INTEGER,                -- in the block, of the pointer to the next link
  PRIMARY KEY (process, stack, position)
) WITHOUT ROWID;

-- Leaks that nobody wants to see, in LeakSanitizer's syntax.
CREATE TABLE suppressions (
  process INTEGER,               -- whose __lsan_default_suppressions() said this; NULL: the run was given it
  source TEXT,                   -- the file; or '__lsan_default_suppressions'
  text TEXT
);

-- What changed in each time bin (bins of meta.bin_ns); only bins in which something happened. A site's bins are one text,
-- since a row for each would be most of the profile.
CREATE TABLE site_series (
  site INTEGER PRIMARY KEY,
  bins TEXT                      -- JSON: [[bin, allocations, frees, requested, freed], …], bins rising
);
CREATE VIEW series AS
  SELECT site, json_extract(value, '$[0]') AS bin,
    json_extract(value, '$[1]') AS allocations, json_extract(value, '$[2]') AS frees,
    json_extract(value, '$[3]') AS requested, json_extract(value, '$[4]') AS freed
  FROM site_series, json_each(bins);
CREATE TABLE process_series (
  process INTEGER, bin INTEGER, allocations INTEGER, frees INTEGER,
  live_blocks INTEGER, live_bytes INTEGER,       -- at the end of the bin
  max_bytes INTEGER,             -- within the bin
  rss INTEGER,                   -- sampled, NULL if not
  PRIMARY KEY (process, bin)
) WITHOUT ROWID;

CREATE TABLE pool (
  process INTEGER, size_class INTEGER, block_bytes INTEGER, -- 0: large runs, then huge blocks
  kind TEXT,                     -- 'small', 'large', 'huge'
  slabs INTEGER, slab_bytes INTEGER, blocks_carved INTEGER, blocks_used INTEGER, bytes_used INTEGER,
  allocations INTEGER, refills INTEGER, frees_remote INTEGER,
  slabs_created INTEGER, slabs_destroyed INTEGER,
  -- What lies in them at the end, byte by byte: resident bytes, if table resident has a row for the process.
  requested INTEGER,
  untouched INTEGER,             -- requested too, but not resident
  rounding INTEGER, free INTEGER,
  pending INTEGER,               -- freed by other threads, and not taken in yet
  slabs_occupied TEXT,           -- slabs of which 0-10 %, 10-20 % … 90-100 % of the blocks are in use
  PRIMARY KEY (process, size_class)
) WITHOUT ROWID;

-- How much free memory the pools kept, from each change on until the next. Row 0 is what was configured, or in
-- a forked child what held at the fork, with the reason for that; after 200 changes the last row stands for all that
-- followed.
CREATE TABLE purge_limit (
  process INTEGER, place INTEGER,
  number INTEGER,                -- of the change
  time_ns INTEGER,
  why TEXT,                      -- 'configured', 'squeezed', 'emptied', 'relaxed', 'returned', 'restored'
  source TEXT,                   -- 'none', 'cgroup', 'stall', 'address space', 'data', 'machine'
  retain INTEGER,                -- free bytes that may stay for good
  most INTEGER,                  -- free bytes that may stay at all
  decay_ms INTEGER,              -- how long what is between the two may stay
  used INTEGER, memory_limit INTEGER, -- of the source; limit 0: not known
  stalled REAL,                  -- share of the last 10 s that tasks waited for memory
  retained INTEGER,              -- free bytes that were kept just then
  PRIMARY KEY (process, place)
) WITHOUT ROWID;
-- What went back to the kernel while these limits held.
CREATE TABLE purge (
  process INTEGER, place INTEGER, -- of purge_limit
  why TEXT,                      -- 'other', 'decay', 'excess', 'pressure', 'trim', 'exhausted'
  purges INTEGER, bytes INTEGER, ns INTEGER,
  refaulted INTEGER,             -- bytes in use again within a second; charged to the purge before that
  PRIMARY KEY (process, place, why)
) WITHOUT ROWID;

-- What the kernel counted as resident at the end, while the process stood still. With the bytes of its pools, the
-- columns from retained on add up to rss, but for purged; each of them was measured.
CREATE TABLE resident (
  process INTEGER PRIMARY KEY,
  rss INTEGER,
  retained INTEGER,              -- of the pools, in no slab: kept for later
  purged INTEGER,                -- the same, but not resident
  metadata INTEGER, side INTEGER, -- of the pools; records of blocks
  recorder INTEGER, shared INTEGER, -- tables and memos; memory shared with the analyzer
  library INTEGER,               -- libheaptap.so
  files INTEGER, stack INTEGER,  -- the program's: mappings of files; the main thread's stack
  anonymous INTEGER              -- and all else
);

-- events: NULL if not known. why: 'dropped' (nobody read in time), 'missing' (in the stream), 'beyond 2048 threads' (their last
-- frames died with the process)
CREATE TABLE event_loss (process INTEGER, thread INTEGER, first_sequence INTEGER, frames INTEGER, events INTEGER, why TEXT);

-- The frames of every stack; position 0 is the innermost.
CREATE VIEW stack_frame AS
SELECT stack.id AS stack, part.key AS position, part.value AS frame
FROM stack, json_each('[' || (
  WITH RECURSIVE piece (outer, frames) AS (
    VALUES (stack.outer, stack.frames)
    UNION ALL SELECT next.outer, next.frames FROM piece JOIN stack AS next ON next.id = piece.outer AND next.id < stack.id)
  SELECT replace(group_concat(frames, ' '), ' ', ',') FROM piece WHERE frames <> '') || ']') AS part;
-- For people with sqlite3 at hand: each site with its innermost named function.
CREATE VIEW site_function AS
SELECT site.*, (SELECT symbol.function FROM stack_frame JOIN symbol ON symbol.frame = stack_frame.frame
                WHERE stack_frame.stack = site.stack AND symbol.function IS NOT NULL
                ORDER BY stack_frame.position, symbol.depth LIMIT 1) AS function
FROM site;
-- Every function on every site's stack, inlined ones included.
CREATE VIEW site_stack AS
SELECT site.id AS site, stack_frame.position, symbol.depth, symbol.function, symbol.file, symbol.line, module.path AS module
FROM site JOIN stack_frame ON stack_frame.stack = site.stack
LEFT JOIN frame ON frame.id = stack_frame.frame
LEFT JOIN symbol ON symbol.frame = stack_frame.frame
LEFT JOIN module ON module.id = frame.module;
