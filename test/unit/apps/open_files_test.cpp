#include "common/open_files.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>

using namespace orchestrator;

TEST_CASE("The limit of open files is raised to the hard limit") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{before.rlim_max < 100 ? before.rlim_max : 100, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  CHECK(raise_open_files_limit() == before.rlim_max);
  rlimit now{};
  getrlimit(RLIMIT_NOFILE, &now);
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(now.rlim_cur == before.rlim_max);
}

TEST_CASE("The message for a low limit of open files has the number that may be needed") {
  CHECK_FALSE(why_too_few_open_files(1024, 960, 0));
  CHECK(why_too_few_open_files(1024, 961, 0)
            .value()
            .find("The limit of open files is 1024, and 1025 may be needed, for 961 known instances and 64 "
                  "others: ") == 0);
  CHECK(why_too_few_open_files(1024, 10, 2048)
            .value()
            .find("and 2122 may be needed, for 10 known instances, 2048 clients and 64 others") !=
        std::string::npos);
}
