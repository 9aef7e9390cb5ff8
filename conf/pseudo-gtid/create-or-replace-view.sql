-- Pseudo-GTID entries by CREATE OR REPLACE VIEW.
--
-- Every 10 seconds an event gives the view meta.pseudo_gtid_view a new unique value. The statement is logged
-- in the binary log of the master and of every replica, where orchestrator finds it.
--
-- Choose it if you want to SELECT the latest value on any server, and your servers are not very busy: each
-- entry locks the view's metadata, which has been seen to block replicas. Otherwise use
-- drop-view-and-status-row.sql or drop-view.sql. All topologies of one orchestrator must use the same script,
-- because orchestrator has only one pattern.
--
-- Set in the configuration of orchestrator:
--
--   {
--     "PseudoGTIDPattern": "CREATE OR REPLACE .*? VIEW `pseudo_gtid_view` AS select"
--   }
--
-- Run this on the master only, as a permanent account, because the event runs as that account:
--
--   mysql --host=MASTER < create-or-replace-view.sql
--
-- The script can be run repeatedly. The event replicates, but replicas do not run it. After another server
-- was promoted, run the script there. The last line but one does not replicate, and is in force until the
-- server restarts: set event_scheduler=ON in the configuration file of every server that may become a master.
--
-- To remove it, run on the master:
--
--   drop event if exists meta.create_pseudo_gtid_view_event;
--   drop view if exists meta.pseudo_gtid_view;

-- The event keeps the sql_mode with which it was created, and with ANSI_QUOTES the server would log the view's
-- name in quotes that the pattern does not match. This statement comes first because some clients send a
-- comment together with the statement below it. It is not logged, so the pattern above never gets into the
-- binary log.
set @sql_mode_before := @@session.sql_mode, session sql_mode := '';

create database if not exists meta;
drop event if exists meta.create_pseudo_gtid_view_event;

-- A read_only server, such as a demoted master, must not write its own entries: its binary log would no longer
-- match its master's. The view's name is logged without its database, as the pattern expects, because the event
-- is in the same database.
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
