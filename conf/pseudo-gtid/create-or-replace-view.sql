-- Pseudo-GTID entries by CREATE OR REPLACE VIEW.
--
-- Every 10 seconds an event gives the view meta.pseudo_gtid_view a new unique value. The statement that does
-- so gets into the binary log of the master and of every replica, and there orchestrator finds it again.
--
-- Choose it if you want to SELECT the latest value on any server, and your servers are not very busy: each
-- time, the view's metadata is locked, which has been seen to hold up replicas. Otherwise take
-- drop-view-and-status-row.sql, or drop-view.sql. All topologies of one orchestrator need the same choice,
-- since it has one pattern.
--
-- Set in orchestrator's configuration:
--
--   {
--     "PseudoGTIDPattern": "CREATE OR REPLACE .*? VIEW `pseudo_gtid_view` AS select"
--   }
--
-- Run this on the master, and only there, as an account that stays, since the event runs in its name:
--
--   mysql --host=MASTER < create-or-replace-view.sql
--
-- It may be run again. Replicas get the event too, but do not run it. When another server has become the
-- master, run this again there. The last line but one does not replicate, and lasts until the server
-- restarts: put event_scheduler=ON into the configuration file of every server that may become a master.
--
-- To remove it, on the master:
--
--   drop event if exists meta.create_pseudo_gtid_view_event;
--   drop view if exists meta.pseudo_gtid_view;

-- The event keeps the sql_mode that it was made with, and with ANSI_QUOTES the server would log the view's
-- name in quotes that the pattern does not know. That this comes first has a reason as well: some clients
-- send a comment along with the statement below it. This statement is not logged, so that the pattern above
-- never gets into the binary log.
set @sql_mode_before := @@session.sql_mode, session sql_mode := '';

create database if not exists meta;
drop event if exists meta.create_pseudo_gtid_view_event;

-- A server that is read_only, such as a former master, must not write entries of its own: its binary log
-- would no longer be like its master's. The view's name is logged without its database, as the pattern wants
-- it, because the event is in the same one.
delimiter $$
create event meta.create_pseudo_gtid_view_event
  on schedule every 10 second
  on completion preserve
  do
    if cast(@@global.read_only as char) in ('0', 'OFF') then
      set @pseudo_gtid_entry := concat('create or replace view meta.pseudo_gtid_view as select ''', uuid(),
        ''' as pseudo_gtid_unique_val from dual');
      prepare entry from @pseudo_gtid_entry;
      execute entry;
      deallocate prepare entry;
    end if
$$
delimiter ;

set global event_scheduler = 1;
set session sql_mode = @sql_mode_before;
