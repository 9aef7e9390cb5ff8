#include "sandbox/pseudo_gtid.h"

#include <fmt/format.h>

#include "sandbox/wait.h"

namespace sandbox {
namespace {

constexpr std::string_view create_status_table = R"(
create table if not exists meta.pseudo_gtid_status (
  anchor int unsigned not null primary key,
  originating_mysql_host varchar(128) character set ascii not null,
  originating_mysql_port int unsigned not null,
  originating_server_id int unsigned not null,
  time_generated timestamp not null default current_timestamp,
  pseudo_gtid_uri varchar(255) character set ascii not null,
  pseudo_gtid_hint varchar(255) character set ascii not null
))";

// The statement is assembled from pieces, so that the event's definition in the binary log is not mistaken
// for an entry. The scheduler starts a run even if the previous one hangs on a lock, hence the named lock.
constexpr std::string_view create_event = R"(
create event meta.create_pseudo_gtid_event
  on schedule every {} second starts current_timestamp
  on completion preserve enable
  do
  begin
    declare granted int default 0;
    declare continue handler for sqlexception begin end;
    set @pseudo_gtid_hint := uuid();
    set @pseudo_gtid_sql := concat('drop ', 'view if exists `meta`.`_pseudo_gtid_', 'hint__',
                                   @pseudo_gtid_hint, '`');
    prepare entry from @pseudo_gtid_sql;
    execute entry;
    deallocate prepare entry;
    set granted = get_lock('pseudo_gtid_status', 0);
    if granted = 1 then
      set @pseudo_gtid_host := @@hostname, @pseudo_gtid_port := @@port, @pseudo_gtid_server := @@server_id;
      set @pseudo_gtid_now := now();
      set @pseudo_gtid_uri := concat('pseudo-gtid://', @pseudo_gtid_host, ':', @pseudo_gtid_port, '/',
          @pseudo_gtid_server, '/', date(@pseudo_gtid_now), '/', time(@pseudo_gtid_now), '/',
          floor(rand() * 4294967296));
      insert into meta.pseudo_gtid_status
        values (1, @pseudo_gtid_host, @pseudo_gtid_port, @pseudo_gtid_server, @pseudo_gtid_now,
                @pseudo_gtid_uri, @pseudo_gtid_hint)
        on duplicate key update originating_mysql_host = values(originating_mysql_host),
          originating_mysql_port = values(originating_mysql_port),
          originating_server_id = values(originating_server_id),
          time_generated = values(time_generated),
          pseudo_gtid_uri = values(pseudo_gtid_uri),
          pseudo_gtid_hint = values(pseudo_gtid_hint);
      set granted = release_lock('pseudo_gtid_status');
    end if;
  end)";

}  // namespace

void inject_pseudo_gtid(Server& server, std::chrono::seconds interval) {
  server.execute("create database if not exists meta");
  server.execute(create_status_table);
  server.execute("drop event if exists meta.create_pseudo_gtid_event");
  server.execute(fmt::format(create_event, interval.count()));
  server.execute("set global event_scheduler = 1");
  wait_until([&server] { return !server.query("select 1 from meta.pseudo_gtid_status").empty(); },
             std::chrono::seconds(15), fmt::format("the first Pseudo-GTID entry of {}", server.name()));
}

}  // namespace sandbox
