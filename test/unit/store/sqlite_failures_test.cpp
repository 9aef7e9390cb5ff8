#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "store/database_store.h"
#include "store/sqlite_database.h"
#include "store_suite/backend.h"
#include "store_suite/samples.h"
#include "unit/config/temporary_folder.h"
#include "unit/store/faulty_files.h"

namespace sqlite_failures_test {

using namespace topo;
using namespace store_suite;
namespace fs = std::filesystem;

namespace {

// A database file in a temporary folder.
class File {
 public:
  [[nodiscard]] std::string path() const { return folder_.path() / "state" / "orchestrator.sqlite3"; }
  [[nodiscard]] Configuration configuration() const {
    Configuration configuration;
    configuration.sqlite3_data_file = path();
    return configuration;
  }
  std::shared_ptr<Store> open() const { return store_suite::open(configuration()); }

 private:
  TemporaryFolder folder_;
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void overwrite(const std::string& file, std::string_view bytes) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream << bytes;
}

mode_t mode_of(const std::string& file) {
  struct stat info {};
  REQUIRE(stat(file.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

std::string refusal_to_write(Store& store, std::string_view host) {
  return refusal([&] { store.instances().write(std::vector<InstanceWrite>{first_seen(instance(host))}); });
}
std::string refusal_to_read(Store& store) {
  return refusal([&] { store.instances().read_all(); });
}

}  // namespace

TEST_CASE("only the owner can access the file and its folder", "[store]") {
  const File file;
  const auto former = umask(0);
  const auto store = file.open();
  write(*store, {first_seen(instance("a"))});
  umask(former);
  CHECK(mode_of(fs::path(file.path()).parent_path()) == 0700);
  CHECK(mode_of(file.path()) == 0600);
  CHECK(mode_of(file.path() + "-wal") == 0600);
  CHECK(mode_of(file.path() + "-shm") == 0600);
}

TEST_CASE("on a full disk a group is rolled back, and later writes succeed when there is room", "[store]") {
  const faulty_files::Watch watch;
  const File file;
  const auto store = file.open();
  write(*store, {first_seen(instance("before"))});
  const auto code = GENERATE(SQLITE_FULL, SQLITE_IOERR_WRITE);
  const auto after = GENERATE(0, 1, 2);
  CAPTURE(code, after);
  {
    const faulty_files::FailWrites fail(code, after);
    std::vector<InstanceWrite> group;
    for (int i = 0; i < 200; ++i) group.emplace_back(first_seen(instance(fmt::format("a{}", i))));
    const auto message = refusal([&] { store->instances().write(group); });
    CAPTURE(message);
    CHECK(contains(message, "Backend sqlite3 " + file.path()));
    CHECK(contains(message,
                   code == SQLITE_FULL ? "the disk is full; free some space" : "the disk reports an error"));
    CHECK(hosts(store->instances().read_all()) == "before");
    CHECK_FALSE(refusal([&] { store->instances().forget({"before", 3306}); }).empty());
  }
  CHECK(hosts(store->instances().read_all()) == "before");
  write(*store, {first_seen(instance("after"))});
  CHECK(hosts(file.open()->instances().read_all()) == "after before");
}

TEST_CASE("a damaged file is reported, and works again once restored", "[store]") {
  const File file;
  {
    const auto store = file.open();
    write(*store, {first_seen(instance("a"))});
  }
  const auto copy = file.path() + ".copy";
  fs::copy_file(file.path(), copy);
  SECTION("when it is opened") {
    overwrite(file.path(), "this is not the header of a database");
    const auto message = refusal([&] { file.open(); });
    CHECK(contains(message, file.path()));
    CHECK(contains(message, "the file is damaged; restore it"));
    fs::rename(copy, file.path());
    CHECK(hosts(file.open()->instances().read_all()) == "a");
  }
  SECTION("while it is open") {
    const auto store = file.open();
    CHECK(hosts(store->instances().read_all()) == "a");
    const auto version = store->data_version();
    // Whole pages of garbage in a new file: the old pages may be cached.
    std::ofstream(file.path() + ".bad", std::ios::binary) << std::string(8192, 'x');
    fs::rename(file.path() + ".bad", file.path());
    fs::remove(file.path() + "-wal");
    fs::remove(file.path() + "-shm");
    CHECK(contains(refusal_to_read(*store), "the file is damaged"));
    CHECK(contains(refusal_to_write(*store, "b"), "the file is damaged"));
    CHECK_FALSE(store->data_version());
    fs::rename(copy, file.path());
    CHECK(hosts(store->instances().read_all()) == "a");
    CHECK(refusal_to_write(*store, "b").empty());
    CHECK(store->data_version() != version);
  }
}

TEST_CASE("a missing file is not replaced by an empty one, and is used when it is back", "[store]") {
  const File file;
  const auto store = file.open();
  write(*store, {first_seen(instance("a"))});
  const auto version = store->data_version();
  const auto elsewhere = fs::path(file.path()).parent_path().string() + "-elsewhere";
  fs::rename(fs::path(file.path()).parent_path(), elsewhere);
  CHECK(contains(refusal_to_read(*store), "the file is gone; put it back"));
  CHECK(contains(refusal_to_write(*store, "b"), "the file is gone"));
  CHECK_FALSE(store->data_version());
  CHECK_FALSE(fs::exists(file.path()));
  fs::rename(elsewhere, fs::path(file.path()).parent_path());
  CHECK(hosts(store->instances().read_all()) == "a");
  write(*store, {first_seen(instance("b"))});
  CHECK(hosts(file.open()->instances().read_all()) == "a b");
  REQUIRE(store->data_version());
  CHECK(store->data_version() != version);
}

TEST_CASE("a replaced file is read", "[store]") {
  const File file, other;
  write(*other.open(), {first_seen(instance("other"))});
  const auto store = file.open();
  write(*store, {first_seen(instance("a"))});
  const auto version = store->data_version();
  CHECK(store->data_version() == version);
  fs::remove(file.path() + "-wal");
  fs::remove(file.path() + "-shm");
  fs::rename(other.path(), file.path());
  CHECK(hosts(store->instances().read_all()) == "other");
  CHECK(store->data_version() != version);
  write(*store, {first_seen(instance("b"))});
  CHECK(hosts(file.open()->instances().read_all()) == "b other");
}

TEST_CASE("the data version changes with every commit of any process", "[store]") {
  const File file;
  const auto store = file.open();
  const auto first = store->data_version();
  REQUIRE(first);
  CHECK(store->instances().read_all().empty());
  CHECK(store->data_version() == first);
  write(*store, {first_seen(instance("a"))});
  const auto second = store->data_version();
  CHECK(second != first);
  CHECK(in_processes(1, [&](unsigned) {
    write(*file.open(), {first_seen(instance("b"))});
    return true;
  }));
  const auto third = store->data_version();
  CHECK(third != second);
  CHECK(store->data_version() == third);
}

TEST_CASE("a file locked for too long is reported", "[store]") {
  const File file;
  write(*file.open(), {first_seen(instance("a"))});
  const auto store = store::open_store(store::open_sqlite(file.path(), std::chrono::milliseconds(50)),
                                       file.configuration(), std::make_shared<spdlog::logger>("no sink"));
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(file.path().c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto message = refusal_to_write(*store, "b");
  CHECK(contains(message, "database is locked"));
  CHECK(contains(message, "it is locked by another process"));
  CHECK(hosts(store->instances().read_all()) == "a");  // readers do not wait
  REQUIRE(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  CHECK(refusal_to_write(*store, "b").empty());
  CHECK(hosts(store->instances().read_all()) == "a b");
}

TEST_CASE("an interrupted process does not wait for a file lock", "[store]") {
  const File file;
  const auto store = file.open();
  const auto end = std::make_shared<mysql::Interrupt>();
  const auto database = store::open_sqlite(file.path(), std::chrono::seconds(60), end);
  const auto write = [&] {
    database->write([](store::DatabaseSession& session) { session.execute("DELETE FROM audit", {}); });
  };
  write();
  const auto other = store::open_sqlite(file.path());
  other->write([&](store::DatabaseSession&) {
    const auto before = database->statements();
    std::thread ending([&] {
      while (database->statements() == before) std::this_thread::yield();  // until it requests the lock
      end->raise();
    });
    const auto began = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(write(), Error);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(30));
    ending.join();
  });
}

TEST_CASE("an impossible file is refused at opening", "[store]") {
  TemporaryFolder folder;
  const auto message_for = [](const std::string& path) {
    Configuration configuration;
    configuration.sqlite3_data_file = path;
    return refusal([&] { open(configuration); });
  };
  const auto plain_file = folder.write("file", "").string();
  const auto folder_message = message_for(folder.path());
  CHECK(contains(folder_message, "Backend sqlite3 " + folder.path().string()));
  CHECK(contains(folder_message, "Is a directory"));
  CHECK(contains(message_for(plain_file + "/below/x.sqlite3"), "its folder cannot be made"));
  CHECK(contains(message_for(folder.path() / std::string(300, 'n')), "cannot be opened"));
}

TEST_CASE("a read-only file is reported", "[store]") {
  const File file;
  write(*file.open(), {first_seen(instance("a"))});
  const auto store_folder = fs::path(file.path()).parent_path();
  fs::permissions(file.path(), fs::perms(0444));
  fs::permissions(store_folder, fs::perms(0555));
  fs::permissions(store_folder.parent_path(), fs::perms(0755));
  CHECK(in_processes(1, [&](unsigned) {
    constexpr uid_t nobody = 65534;
    if (geteuid() == 0 && setuid(nobody) != 0) return false;
    std::string message;
    try {
      write(*file.open(), {first_seen(instance("b"))});
    } catch (const Error& error) {
      message = error.what();
    }
    fmt::print(stderr, "{}", contains(message, file.path()) ? "" : message);
    return contains(message, file.path()) &&
           (contains(message, "check their owner and mode") || contains(message, "who may write there"));
  }));
  fs::permissions(store_folder, fs::perms::owner_all);
  fs::permissions(file.path(), fs::perms::owner_read | fs::perms::owner_write);
  CHECK(hosts(file.open()->instances().read_all()) == "a");
}

}  // namespace sqlite_failures_test
