-- A database in memory; @ROWS@ rows of about a kilobyte.
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @ROWS@)
INSERT INTO item SELECT i, 'item ' || (i * 7919 % 10007), replace(hex(zeroblob(480)), '0', char(97 + i % 26)) FROM n;
CREATE INDEX item_name ON item (name);
SELECT count(*), sum(length(body)) FROM item;
SELECT name, count(*) FROM item GROUP BY name ORDER BY 2 DESC, 1 LIMIT 3;
UPDATE item SET body = upper(body) || id WHERE id % 7 = 0;
SELECT count(*) FROM item AS a JOIN item AS b ON a.name = b.name WHERE a.id < 500;
SELECT sum(length(x)) FROM (SELECT group_concat(id || name, ';') AS x FROM item GROUP BY id % 100);
DELETE FROM item WHERE id % 3 = 0;
SELECT count(*), max(name) FROM item;
SELECT nothing FROM nowhere;
