-- Pseudo-GTID entries by DROP VIEW IF EXISTS, with a row that records the latest entry.
--
-- Every 5 seconds an event drops a view that does not exist, under a name that is never used twice. The
-- statement changes nothing, but is logged in the binary log of the master and of every replica, where
-- orchestrator finds it. Then the event records its time and server in the only row of
-- meta.pseudo_gtid_status.
--
-- This is the recommended script: it locks nothing that other sessions use, and orchestrator detects the
-- servers with entries by a SELECT. To avoid the row, a small write every 5 seconds, use drop-view.sql. All
-- topologies of one orchestrator must use the same pattern; these two scripts share one.
--
-- Set in the configuration of orchestrator:
--
--   {
--     "PseudoGTIDPattern": "drop view if exists .*?`_pseudo_gtid_hint__",
--     "DetectPseudoGTIDQuery": "select count(*) as pseudo_gtid_exists from meta.pseudo_gtid_status where anchor = 1 and time_generated > now() - interval 2 day"
--   }
--
-- and grant its account SELECT on meta.pseudo_gtid_status.
--
-- Run this on the master only, as a permanent account, because the event runs as that account:
--
--   mysql --host=MASTER < drop-view-and-status-row.sql
--
-- The script can be run repeatedly. The event replicates, but replicas do not run it. After another server
-- was promoted, run the script there. The last line but one does not replicate, and is in force until the
-- server restarts: set event_scheduler=ON in the configuration file of every server that may become a master.
--
-- To remove it, run on the master:
--
--   drop event if exists meta.create_pseudo_gtid_event;
--   drop table if exists meta.pseudo_gtid_status;

-- The event keeps the sql_mode with which it was created, so set one that is known to work. This statement
-- comes first because some clients send a comment together with the statement below it. It is not logged, so
-- the pattern above never gets into the binary log.
set @sql_mode_before := @@session.sql_mode, session sql_mode := '';

create database if not exists meta;

create table if not exists meta.pseudo_gtid_status (
  anchor                  int unsigned not null primary key,
  originating_mysql_host  varchar(128) charset ascii not null,
  originating_mysql_port  int unsigned not null,
  originating_server_id   int unsigned not null,
  time_generated          timestamp not null default current_timestamp,
  pseudo_gtid_uri         varchar(255) charset ascii not null,
  pseudo_gtid_hint        varchar(255) charset ascii not null
);

drop event if exists meta.create_pseudo_gtid_event;

-- The entry is assembled from pieces, so that this statement, which is also logged, is not mistaken for one. A
-- read_only server, such as a demoted master, must not write its own entries: its binary log would no longer
-- match its master's.
--
-- The scheduler starts the event even while an earlier run hangs on a lock. Every run writes the entry, but
-- only one run at a time writes the row, and it gives up after a second, so runs do not pile up. The values of
-- the row are stored in variables first, because in statement-based replication @@hostname would be evaluated
-- on the replica.
delimiter $$
create event meta.create_pseudo_gtid_event
  on schedule every 5 second
  on completion preserve
  do
    begin
      declare hint char(36) charset ascii default uuid();
      declare host varchar(128) charset ascii default @@hostname;
      declare tcp_port int unsigned default @@port;
      declare server int unsigned default @@server_id;
      declare written_at datetime default now();
      declare uri varchar(255) charset ascii default concat(
        'pseudo-gtid://', host, ':', tcp_port, '/', server, '/', date(written_at), '/', time(written_at), '/',
        floor(rand() * (1 << 32)));
      declare continue handler for sqlexception begin end;

      if cast(@@global.read_only as char) in ('0', 'OFF') then
        set @pseudo_gtid_entry := concat('drop ', 'view if exists `meta`.`_pseudo_gtid_', 'hint__',
          hint, '`');
        prepare entry from @pseudo_gtid_entry;
        execute entry;
        deallocate prepare entry;

        set session innodb_lock_wait_timeout = 1;
        if get_lock('pseudo_gtid_status', 0) = 1 then
          replace into meta.pseudo_gtid_status (
            anchor, originating_mysql_host, originating_mysql_port, originating_server_id, time_generated,
            pseudo_gtid_uri, pseudo_gtid_hint)
          values (1, host, tcp_port, server, written_at, uri, hint);
          do release_lock('pseudo_gtid_status');
        end if;
      end if;
    end
$$
delimiter ;

set global event_scheduler = 1;
set session sql_mode = @sql_mode_before;
