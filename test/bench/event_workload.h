// A short fixed list of statements that writes as many kinds of events to a binary log as possible.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace bench {

enum class Act {
  run,          // on the application's session
  fail,         // the same, but an error is expected
  run_other,    // on a second session, opened when needed
  close_other,  // ends the second session, as a disconnect does
  entry,        // a Pseudo-GTID entry
  flush_a,      // a new binary log on the master
  flush_b,      // a new binary log and relay log on the first replica, once it has caught up
};

struct Step {
  Act act = Act::run;
  std::string sql{};
};

// The file that the workload loads, in the master's data folder.
inline constexpr std::string_view loaded_file = "loaded.csv";
inline constexpr std::string_view loaded_rows = "901\tloaded one\n902\tloaded zwei\n903\tloaded três\n";

// The rows exceed one row event together, and one text is long by itself.
inline std::string wide_insert() {
  std::string sql = fmt::format("insert into wide values (999, '{}')", std::string(3000, '~'));
  for (int i = 0; i < 12; ++i) sql += fmt::format(", ({}, repeat('{}', 1000))", 1000 + i, i);
  return sql;
}

inline std::vector<Step> event_workload() {
  using enum Act;
  return {
      {.sql = "create database meta"},
      {entry},
      {.sql = "create database shop default character set utf8"},
      {.sql = "use shop"},
      {.sql = "create table item (id int primary key, name varchar(100), price decimal(10,2)) engine=InnoDB"},
      {.sql = "create table if not exists item (id int primary key) engine=InnoDB"},
      {.sql = "create table old_item (id int primary key, name varchar(100)) engine=MyISAM"},
      {.sql = "create table audit (id int auto_increment primary key, what varchar(200)) engine=InnoDB"},
      {.sql = "create table digit (d int primary key) engine=InnoDB"},
      {.sql = "create table wide (id int primary key, body text) engine=InnoDB"},
      {.sql = "insert into digit values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)"},
      {entry},
      {.sql = "insert into item values (1, 'one', 1.5)"},
      {.sql = "insert into item values (2, 'two', 2.5), (3, 'three', 3.5), (4, 'four', 4.5)"},
      {.sql = "insert into wide select a.d * 10 + b.d, repeat(char(65 + b.d), 400) from digit a, digit b"},
      {.sql = wide_insert()},
      {.sql = "update item set price = price + 1 where id < 3"},
      {.sql = "delete from item where id = 4"},
      {.sql = "replace into item values (3, 'drei', 3)"},
      {.sql = "insert into item values (3, 'again', 0) on duplicate key update name = 'tres', price = 9"},
      {.sql = "update wide set body = concat(body, 'x') where id < 40"},
      {.sql = "delete from wide where id between 50 and 70"},
      {.sql = "update item, digit set item.price = item.price + digit.d, digit.d = digit.d + 100 "
              "where item.id = digit.d"},
      {.sql = "delete item, digit from item join digit on digit.d = item.id + 100 where item.id = 2"},
      {entry},
      // Triggers, foreign keys, auto_increment.
      {.sql = "create trigger item_audit after insert on item for each row\n"
              "begin\n\tinsert into audit (what) values (concat('new ', new.name));\nend"},
      {.sql = "insert into item values (10, 'ten', 10), (11, 'eleven', 11)"},
      {.sql = "create table parent (id int primary key) engine=InnoDB"},
      {.sql = "create table child (id int auto_increment primary key, parent_id int, "
              "foreign key (parent_id) references parent (id) on delete cascade on update cascade) "
              "engine=InnoDB"},
      {.sql = "insert into parent values (1), (2), (3)"},
      {.sql = "insert into child (parent_id) values (1), (1), (2), (3)"},
      {.sql = "update parent set id = 20 where id = 2"},
      {.sql = "delete from parent where id = 1"},
      {.sql = "insert into audit (what) values ('after auto_increment')"},
      {.sql = "insert into audit (what) values (concat('id ', last_insert_id()))"},
      {flush_b},
      // Blobs, random numbers, variables.
      {.sql = "create table picture (id int primary key, data blob, text_data mediumtext) engine=InnoDB"},
      {.sql = "insert into picture values (1, unhex('00010203fffefd5c27'), 'a\\nb\\tc\\\\d')"},
      {.sql = "insert into picture values (2, x'ff00', repeat('z', 300)), (3, null, null)"},
      {.sql = "create table chance (id int auto_increment primary key, r double) engine=InnoDB"},
      {.sql = "insert into chance (r) values (rand()), (rand())"},
      {.sql =
           "set @name = 'wörd', @number = 42, @real = 1.5e0, @exact = 12.34, @nothing = null, "
           "@`größe 日本` = 'ключ', @bytes = x'00ff41', @latin = _latin1 x'e9', @bin = cast('q' as binary)"},
      {.sql = "insert into audit (what) values (@name), (@number), (@real), (@exact), (@nothing)"},
      {.sql = "insert into audit (what) values (@`größe 日本`), (hex(@bytes)), (@latin), (hex(@bin))"},
      {.sql = "insert into audit (what) values (@`größe 日本`) /* a second use */"},
      {entry},
      // MyISAM alone and in transactions; partly executed statements.
      {.sql = "insert into old_item values (1, 'old one'), (2, 'old two')"},
      {fail, "insert into old_item values (3, 'old three'), (1, 'duplicate')"},
      {.sql = "begin"},
      {.sql = "insert into item values (20, 'twenty', 20)"},
      {.sql = "insert into old_item values (20, 'old twenty')"},
      {.sql = "update item set name = 'zwanzig' where id = 20"},
      {.sql = "commit"},
      {.sql = "begin"},
      {.sql = "insert into item values (21, 'gone', 21)"},
      {.sql = "insert into old_item values (21, 'stays')"},
      {.sql = "insert into item values (22, 'gone', 22)"},
      {.sql = "rollback"},
      {.sql = "begin"},
      {.sql = "insert into old_item values (23, 'stays, first')"},
      {.sql = "insert into item values (23, 'gone', 23)"},
      {.sql = "rollback"},
      {.sql = "begin"},
      {.sql = "insert into item values (24, 'never seen', 24)"},
      {.sql = "rollback"},
      {entry},
      // Temporary tables.
      {.sql = "create temporary table scratch (id int primary key, name varchar(50)) engine=InnoDB"},
      {.sql = "insert into scratch values (1, 'tmp one'), (2, 'tmp two')"},
      {.sql = "insert into audit (what) select name from scratch order by id"},
      {.sql = "update scratch set name = 'changed' where id = 1"},
      {.sql = "drop temporary table scratch"},
      {.sql = "drop temporary table if exists scratch"},
      {.sql = "create temporary table scratch2 select id, name from item where id < 10"},
      {.sql = "drop table scratch2"},
      {.sql = "begin"},
      {.sql = "insert into item values (30, 'thirty', 30)"},
      {.sql = "create temporary table scratch3 (id int) engine=MyISAM"},
      {.sql = "insert into scratch3 values (5)"},
      {.sql = "insert into item select 31, 'from scratch', id from scratch3"},
      {.sql = "drop temporary table scratch3"},
      {.sql = "commit"},
      {run_other, "use shop"},
      {run_other, "create temporary table left_over (id int)"},
      {run_other, "create temporary table left_over_too (id int)"},
      {run_other, "insert into left_over values (1)"},
      {run_other, "insert into audit (what) select concat('left ', id) from left_over"},
      {close_other},
      {entry},
      {flush_a},
      // Definitions.
      {.sql = "create table copy_item select id, name from item"},
      {.sql = "create table like_item like item"},
      {.sql = "alter table copy_item add column note varchar(20) default 'n', add index (name)"},
      {.sql = "insert into copy_item (id, name) values (500, 'five hundred')"},
      {.sql = "create index by_price on item (price)"},
      {.sql = "alter table copy_item engine=MyISAM"},
      {.sql = "rename table copy_item to copied, like_item to liked"},
      {.sql = "truncate table copied"},
      {.sql = "truncate table liked"},
      {.sql = "drop table copied, liked"},
      {.sql = "drop table if exists copied, never_there"},
      {.sql = "create table one_more (id int)"},
      {.sql = "drop table one_more /* tail of a drop */"},
      {.sql = "create or replace view cheap as select id from item where price < 5"},
      {.sql = "drop view cheap"},
      {.sql = "drop view if exists `no_such_db`.`x`"},
      {.sql = "drop table if exists `no_such_db`.`x`"},
      {.sql = "create database passing"},
      {.sql = "create table passing.t (id int primary key) engine=InnoDB"},
      {.sql = "insert into passing.t values (1)"},
      {.sql = "drop database passing"},
      {.sql = "drop database if exists passing"},
      {.sql = "create user 'clerk'@'%' identified by 'Sesame-1'"},
      {.sql = "grant select, insert on shop.* to 'clerk'@'%'"},
      {.sql = "revoke insert on shop.* from 'clerk'@'%'"},
      {.sql = "set password for 'clerk'@'%' = password('Sesame-2')"},
      {.sql = "alter user 'clerk'@'%' identified by 'Sesame-3'"},
      {.sql = "drop user 'clerk'@'%'"},
      {.sql = "flush tables"},
      {.sql = "flush privileges"},
      {.sql = "analyze table item"},
      {.sql = "optimize table old_item"},
      {entry},
      // Transactions.
      {.sql = "start transaction"},
      {.sql = "/* app */ insert into item values (40, 'forty', 40)"},
      {.sql = "insert into item values (41, 'forty-one', 41) /* tail */"},
      {.sql = "savepoint half"},
      {.sql = "insert into item values (42, 'taken back', 42)"},
      {.sql = "rollback to savepoint half"},
      {.sql = "update item set price = 0 where id = 40 -- to the end of the line\n"},
      {.sql = "delete from audit where id < 3"},
      {.sql = "insert\n\tinto item\n\tvalues (43,\n\t'forty\tthree',\r\n\t43)"},
      {.sql = "commit"},
      {.sql = "begin"},
      {.sql = "insert into item values (44, 'forty-four', 44)"},
      {.sql = "savepoint mixed"},
      {.sql = "insert into old_item values (45, 'stays')"},
      {.sql = "insert into item values (45, 'taken back', 45)"},
      {.sql = "rollback to savepoint mixed"},
      {.sql = "commit"},
      {.sql = "start transaction with consistent snapshot"},
      {.sql = "insert into item values (46, 'forty-six', 46)"},
      {.sql = "create table ends_it (id int)"},
      {.sql = "xa start 'one', 'branch', 7"},
      {.sql = "insert into item values (50, 'xa', 50)"},
      {.sql = "update item set price = 51 where id = 50"},
      {.sql = "xa end 'one', 'branch', 7"},
      {.sql = "xa prepare 'one', 'branch', 7"},
      {.sql = "xa commit 'one', 'branch', 7"},
      {.sql = "xa start 'two'"},
      {.sql = "insert into item values (51, 'xa one phase', 51)"},
      {.sql = "xa end 'two'"},
      {.sql = "xa commit 'two' one phase"},
      {.sql = "xa start 'three'"},
      {.sql = "insert into item values (52, 'xa gone', 52)"},
      {.sql = "xa end 'three'"},
      {.sql = "xa prepare 'three'"},
      {.sql = "xa rollback 'three'"},
      {entry},
      // Non-ASCII names and texts, other character sets, other session settings.
      {.sql = "create table `straße` (`größe` int primary key, `日本` varchar(50)) engine=InnoDB "
              "default charset=utf8 comment='Übergröße'"},
      {.sql = "insert into `straße` (`größe`, `日本`) values (1, 'grün'), (2, '東京')"},
      {.sql = "update `straße` set `日本` = 'weiß' where `größe` = 1"},
      {.sql = "set names latin1"},
      {.sql = "insert into audit (what) values ('caf\xe9')"},
      {.sql = "set names utf8mb4"},
      {.sql = "insert into audit (what) values ('after set names')"},
      {.sql = "set sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone = '+03:00', "
              "foreign_key_checks = 0, unique_checks = 0, auto_increment_increment = 5"},
      {.sql = "insert into \"audit\" (\"what\") values ('a\\b'), (now())"},
      {.sql = "set sql_mode = '', foreign_key_checks = 1, unique_checks = 1, auto_increment_increment = 1"},
      {.sql = "set timestamp = 1700000000.25"},
      {.sql = "insert into audit (what) values (now(3))"},
      {.sql = "set timestamp = default, insert_id = 7000"},
      {.sql = "insert into audit (what) values ('chosen id')"},
      {entry},
      // Stored programs, a loaded file, events.
      {.sql = "create procedure add_item(in number int, in label varchar(50))\nbegin\n"
              "  insert into item values (number, label, 0);\n"
              "  insert into old_item values (number, label);\n"
              "  update item set price = number where id = number;\nend"},
      {.sql = "call add_item(60, 'sechzig')"},
      {.sql = "create function note(label varchar(50)) returns int modifies sql data deterministic\nbegin\n"
              "  insert into audit (what) values (label);\n  return 1;\nend"},
      {.sql = "select note('by function')"},
      {.sql = "insert into item select 61, 'with function', note('inner')"},
      {.sql = "drop function note"},
      {.sql = "drop procedure if exists add_item"},
      {.sql = fmt::format("load data infile './{}' into table item (id, name)", loaded_file)},
      {.sql = fmt::format("load data infile './{}' replace into table old_item fields terminated by '\\t' "
                          "(@number, name) set id = @number + 10",
                          loaded_file)},
      {.sql = "create event daily on schedule every 1 day do delete from audit where id = 0"},
      {.sql = "drop event daily"},
      {.sql = "drop trigger item_audit"},
      {entry},
      {.sql = "set @template = 'insert into audit (what) values (?)', @value = 'prepared'"},
      {.sql = "prepare p from @template"},
      {.sql = "execute p using @value"},
      {.sql = "insert into audit (what) values ('one'); insert into audit (what) values ('two')"},
      {.sql = "insert ignore into item values (1, 'ignored', 1), (70, 'seventy', 70)"},
      {.sql = "update item set price = price where id = 70"},
      {.sql = "delete from item where id = 12345"},
      {.sql = "insert into old_item select id + 1000, name from item where id < 12"},
      {.sql = "use meta"},
      {.sql = "update shop.item set price = 71 where id = 70"},
      {.sql = "create table shop.elsewhere (id int primary key)"},
      {entry},
      {.sql = "insert into shop.elsewhere values (1)"},
  };
}

}  // namespace bench
