-- What is wrong with a profile, one line each; nothing if all is well. @WALK@ is "agrees" when the main process must
-- have ended by itself with one thread.
SELECT 'no events' FROM (SELECT 1) WHERE coalesce((SELECT value FROM meta WHERE key = 'events'), 0) = 0;
SELECT 'no sites' FROM (SELECT 1) WHERE NOT EXISTS (SELECT 1 FROM site);
SELECT key || ' is ' || value FROM meta
WHERE key IN ('lost_events', 'lost_frames', 'damaged_frames', 'unknown_stacks', 'interrupted') AND value <> 0;
SELECT 'no main process' FROM (SELECT 1) WHERE NOT EXISTS (SELECT 1 FROM process WHERE kind = 'main');

SELECT 'walk of the main process: ' || coalesce(walk, 'NULL') || ', end ' || coalesce(end_kind, 'NULL') ||
       ', threads ' || coalesce(threads, 'NULL')
FROM process WHERE kind = 'main' AND '@WALK@' = 'agrees' AND (walk IS NOT 'agrees' OR end_kind IS NOT 'exit' OR threads IS NOT 1);
SELECT 'walk of process ' || id || ' (' || kind || ' ' || coalesce(exe, '?') || '): ' || coalesce(walk, 'NULL') || ', ' ||
       coalesce(walk_stacks_differ, '?') || ' stacks differ, blocks ' || coalesce(walk_blocks, '?') || ' for ' ||
       coalesce(live_blocks, '?') || ', bytes ' || coalesce(walk_bytes, '?') || ' for ' || coalesce(live_bytes, '?')
FROM process WHERE end_kind = 'exit' AND threads = 1 AND walk IS NOT 'agrees';

-- The guest counts for itself and walks its heap at the same moment, at its last words. Destructors of other libraries may
-- run after that: their events move the counters and the live blocks alike.
SELECT 'process ' || id || ' (' || kind || ' ' || coalesce(exe, '?') || ') counted ' || counted_allocations || ' allocations, ' ||
       counted_frees || ' frees, ' || counted_resizes || ' resizes; the events say ' || allocations || ', ' || frees || ', ' || resizes
FROM process
WHERE counted_allocations > allocations OR counted_frees > frees OR counted_resizes > resizes OR
      (walk = 'agrees' AND (allocations - counted_allocations) - (frees - counted_frees) <> live_blocks - walk_blocks);
SELECT 'process ' || id || ': ' || frees_interior || ' interior frees, ' || frees_double || ' double frees'
FROM process WHERE frees_interior > 0 OR frees_double > 0;
SELECT 'process ' || process || ': ' || count || ' times error ' || kind || ' by ' || coalesce(call, 'nobody')
FROM error WHERE kind <> 'foreign';
SELECT 'process ' || process.id || ': the sites say ' || sum(site.allocations) || ' allocations and ' || sum(site.live_bytes) ||
       ' live bytes, the process ' || process.allocations || ' and ' || process.live_bytes
FROM process JOIN site ON site.process = process.id GROUP BY process.id
HAVING sum(site.allocations) <> process.allocations OR sum(site.live_bytes) <> process.live_bytes;

-- What the walk finds empty in small slabs is what the pools say is free there, and sites pin no more than is pinned.
SELECT 'process ' || id || ': ' || empty || ' bytes empty by the walk, ' || free || ' free by the pools; ' || pinned ||
       ' pinned by sites, ' || empty_pinned || ' in all'
FROM (SELECT id, empty_pinned, empty_pinned + empty_filling + empty_dense + empty_unpinned AS empty,
             (SELECT sum((blocks_carved - blocks_used) * block_bytes) FROM pool WHERE process = process.id AND kind = 'small') AS free,
             (SELECT ifnull(sum(pinned_bytes), 0) FROM site WHERE process = process.id) AS pinned
      FROM process WHERE walk <> 'none' AND threads_at_exit = 1)
WHERE empty IS NOT free OR pinned > empty_pinned;

-- Block by block, the pools hold what the walk of the heap has seen, touched or not.
SELECT 'process ' || id || ' (' || exe || '): the walk sees ' || walked || ' bytes, the pools say ' || held
FROM (SELECT id, exe, walk_bytes + walk_inherited_bytes AS walked,
             (SELECT sum(requested + untouched) FROM pool WHERE process = process.id) AS held
      FROM process WHERE walk = 'agrees' AND threads_at_exit = 1 AND walk_untraced_blocks = 0)
WHERE walked IS NOT held;

-- The parts of what the kernel counts as resident add up to it, but for 3 %.
SELECT 'process ' || id || ' (' || exe || '): ' || rss || ' bytes are resident, but the parts add up to ' || parts
FROM (SELECT process, rss, retained + metadata + side + recorder + shared + library + files + stack + anonymous +
             (SELECT sum(requested + rounding + free + pending) FROM pool WHERE pool.process = resident.process) AS parts
      FROM resident) JOIN process ON process.id = process
WHERE parts IS NULL OR abs(rss - parts) * 100 > rss * 3;
