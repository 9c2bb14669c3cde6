-- A few tables in memory: inserts, an index, joins, a text search, deletes.
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, town TEXT, age INTEGER);
CREATE TABLE visit (person INTEGER, day INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
INSERT INTO person SELECT i, 'person ' || (i * 7919 % 60000), 'town ' || (i % 500), i % 90 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
INSERT INTO visit SELECT 1 + i * 31 % 60000, i % 365, 'a note of some length about visit ' || i FROM n;
CREATE INDEX person_town ON person (town);
CREATE INDEX visit_person ON visit (person);
SELECT town, count(*), avg(age) FROM person JOIN visit ON visit.person = person.id GROUP BY town ORDER BY 2 DESC, 1 LIMIT 5;
SELECT count(*), sum(length(group_concated)) FROM
  (SELECT group_concat(upper(note), ';') AS group_concated FROM visit GROUP BY person);
SELECT count(*) FROM visit WHERE replace(note, 'note', 'remark') LIKE '%remark%9%';
DELETE FROM visit WHERE day % 2;
SELECT count(*), max(length(printf('%s and %d', note, day))) FROM visit;
