# All dependencies come from the system's packages, except cpp-httplib where the system's version is too old; see
# FindHttplib.cmake.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(MySQLClient REQUIRED)
find_package(RE2 REQUIRED)
find_package(RapidJSON REQUIRED)
find_package(cxxopts REQUIRED)
# The parser without std::regex: it compiles and starts faster, and accepts any character in a value.
target_compile_definitions(cxxopts::cxxopts INTERFACE CXXOPTS_NO_REGEX)
find_package(Httplib REQUIRED)

# RapidJSON for the whole project: an unexpected type or a missing member throws.
add_library(orchestrator_rapidjson INTERFACE)
target_include_directories(orchestrator_rapidjson SYSTEM INTERFACE ${RapidJSON_INCLUDE_DIRS} ${RAPIDJSON_INCLUDE_DIRS})
target_compile_definitions(orchestrator_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)
target_compile_options(orchestrator_rapidjson INTERFACE
  "SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/rapidjson_assert.h")
