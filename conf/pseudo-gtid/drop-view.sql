-- Pseudo-GTID entries by DROP VIEW IF EXISTS.
--
-- Every 5 seconds an event drops a view that does not exist, under a name that is never used twice. Nothing
-- is changed by it, but the statement gets into the binary log of the master and of every replica, and there
-- orchestrator finds it again.
--
-- Choose it if you want the least: it locks nothing that anybody uses, and it leaves no rows. On the other
-- hand nothing can be SELECTed to see whether entries are still being written; for that take
-- drop-view-and-status-row.sql. All topologies of one orchestrator need the same pattern; these two have it
-- in common.
--
-- Set in orchestrator's configuration:
--
--   {
--     "PseudoGTIDPattern": "drop view if exists .*?`_pseudo_gtid_hint__"
--   }
--
-- Run this on the master, and only there, as an account that stays, since the event runs in its name:
--
--   mysql --host=MASTER < drop-view.sql
--
-- It may be run again. Replicas get the event too, but do not run it. When another server has become the
-- master, run this again there. The last line but one does not replicate, and lasts until the server
-- restarts: put event_scheduler=ON into the configuration file of every server that may become a master.
--
-- To remove it, on the master:
--
--   drop event if exists meta.create_pseudo_gtid_event;

-- The event keeps the sql_mode that it was made with, so it is given one that it is known to work with. That
-- this comes first has a reason as well: some clients send a comment along with the statement below it. This
-- statement is not logged, so that the pattern above never gets into the binary log.
set @sql_mode_before := @@session.sql_mode, session sql_mode := '';

create database if not exists meta;
drop event if exists meta.create_pseudo_gtid_event;

-- The entry is put together from pieces, so that this statement, which is logged too, is not taken for one. A
-- server that is read_only, such as a former master, must not write entries of its own: its binary log would
-- no longer be like its master's.
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
