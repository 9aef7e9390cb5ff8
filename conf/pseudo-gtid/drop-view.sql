-- Pseudo-GTID entries by DROP VIEW IF EXISTS.
--
-- Every 5 seconds an event drops a view that does not exist, under a name that is never used twice. The
-- statement changes nothing, but is logged in the binary log of the master and of every replica, where
-- orchestrator finds it.
--
-- This is the smallest script: it locks nothing that other sessions use, and it writes no rows. However, no
-- SELECT can show whether entries are still being written; for that use drop-view-and-status-row.sql. All
-- topologies of one orchestrator must use the same pattern; these two scripts share one.
--
-- Set in the configuration of orchestrator:
--
--   {
--     "PseudoGTIDPattern": "drop view if exists .*?`_pseudo_gtid_hint__"
--   }
--
-- Run this on the master only, as a permanent account, because the event runs as that account:
--
--   mysql --host=MASTER < drop-view.sql
--
-- The script can be run repeatedly. The event replicates, but replicas do not run it. After another server
-- was promoted, run the script there. The last line but one does not replicate, and is in force until the
-- server restarts: set event_scheduler=ON in the configuration file of every server that may become a master.
--
-- To remove it, run on the master:
--
--   drop event if exists meta.create_pseudo_gtid_event;

-- The event keeps the sql_mode with which it was created, so set one that is known to work. This statement
-- comes first because some clients send a comment together with the statement below it. It is not logged, so
-- the pattern above never gets into the binary log.
set @sql_mode_before := @@session.sql_mode, session sql_mode := '';

create database if not exists meta;
drop event if exists meta.create_pseudo_gtid_event;

-- The entry is assembled from pieces, so that this statement, which is also logged, is not mistaken for one. A
-- read_only server, such as a demoted master, must not write its own entries: its binary log would no longer
-- match its master's.
delimiter $$
create event meta.create_pseudo_gtid_event
  on schedule every 5 second
  on completion preserve
  do
    if cast(@@global.read_only as char) in ('0', 'OFF') then
      set @pseudo_gtid_entry := concat('drop ', 'view if exists `meta`.`_pseudo_gtid_', 'hint__',
        uuid(), '`');
      prepare entry from @pseudo_gtid_entry;
      execute entry;
      deallocate prepare entry;
    end if
$$
delimiter ;

set global event_scheduler = 1;
set session sql_mode = @sql_mode_before;
