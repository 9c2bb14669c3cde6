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
SELECT 'process ' || process.id || ': the sites say ' || sum(site.allocations) || ' allocations and ' || sum(site.live_bytes) ||
       ' live bytes, the process ' || process.allocations || ' and ' || process.live_bytes
FROM process JOIN site ON site.process = process.id GROUP BY process.id
HAVING sum(site.allocations) <> process.allocations OR sum(site.live_bytes) <> process.live_bytes;
