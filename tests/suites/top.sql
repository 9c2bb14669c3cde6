-- The frames of a profile's top stacks: the ten that allocated most, held most at the peak, hold most at the end.
-- Columns: module, address in its file, functions (joined by ;;, empty if none is known).
WITH
  most AS (SELECT stack FROM site GROUP BY stack ORDER BY sum(allocations) DESC, stack LIMIT 10),
  peak AS (SELECT stack FROM site WHERE peak_bytes > 0 GROUP BY stack ORDER BY sum(peak_bytes) DESC, stack LIMIT 10),
  live AS (SELECT stack FROM site WHERE live_bytes > 0 GROUP BY stack ORDER BY sum(live_bytes) DESC, stack LIMIT 10),
  top AS (SELECT stack FROM most UNION SELECT stack FROM peak UNION SELECT stack FROM live)
SELECT coalesce(module.path, '?'), frame.offset,
       coalesce((SELECT group_concat(function, ';;') FROM symbol WHERE symbol.frame = frame.id), '')
FROM top JOIN stack_frame USING (stack) JOIN frame ON frame.id = stack_frame.frame
LEFT JOIN module ON module.id = frame.module;
