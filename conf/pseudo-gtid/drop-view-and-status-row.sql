-- Pseudo-GTID entries by DROP VIEW IF EXISTS, and a row that tells of the latest.
--
-- Every 5 seconds an event drops a view that does not exist, under a name that is never used twice. Nothing
-- is changed by it, but the statement gets into the binary log of the master and of every replica, and there
-- orchestrator finds it again. Then the event writes into the only row of meta.pseudo_gtid_status when that
-- was, and where.
--
-- Choose it unless something speaks against it: it locks nothing that anybody else uses, and orchestrator can
-- tell which servers have entries by a SELECT. Without the row, which is a small write every 5 seconds, it is
-- drop-view.sql. All topologies of one orchestrator need the same pattern; these two have it in common.
--
-- Set in orchestrator's configuration:
--
--   {
--     "PseudoGTIDPattern": "drop view if exists .*?`_pseudo_gtid_hint__",
--     "DetectPseudoGTIDQuery": "select count(*) as pseudo_gtid_exists from meta.pseudo_gtid_status where anchor = 1 and time_generated > now() - interval 2 day"
--   }
--
-- and let its account SELECT on meta.pseudo_gtid_status.
--
-- Run this on the master, and only there, as an account that stays, since the event runs in its name:
--
--   mysql --host=MASTER < drop-view-and-status-row.sql
--
-- It may be run again. Replicas get the event too, but do not run it. When another server has become the
-- master, run this again there. The last line but one does not replicate, and lasts until the server
-- restarts: put event_scheduler=ON into the configuration file of every server that may become a master.
--
-- To remove it, on the master:
--
--   drop event if exists meta.create_pseudo_gtid_event;
--   drop table if exists meta.pseudo_gtid_status;

-- The event keeps the sql_mode that it was made with, so it is given one that it is known to work with. That
-- this comes first has a reason as well: some clients send a comment along with the statement below it. This
-- statement is not logged, so that the pattern above never gets into the binary log.
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

-- The entry is put together from pieces, so that this statement, which is logged too, is not taken for one. A
-- server that is read_only, such as a former master, must not write entries of its own: its binary log would
-- no longer be like its master's.
--
-- The scheduler starts the event again even while an earlier run of it hangs on a lock. The entry is written
-- each time, the row only by one at a time, which gives up after a second: so runs do not pile up. What the
-- row says is taken into variables first: in a statement that is replicated as such, @@hostname would be the
-- replica's.
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
