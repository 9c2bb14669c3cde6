-- A profile of which nothing but the launcher's word arrived, and a program that never allocated.
INSERT INTO meta VALUES ('program', 'true'), ('pid', 5), ('duration_ns', 1000000), ('exit_known', 0), ('traced', 1);
