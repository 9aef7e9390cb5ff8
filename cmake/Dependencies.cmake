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
include(CheckCXXSourceCompiles)
find_package(RapidJSON REQUIRED)
find_package(cxxopts REQUIRED)
# The parser without std::regex: it compiles and starts faster, and accepts any character in a value.
target_compile_definitions(cxxopts::cxxopts INTERFACE CXXOPTS_NO_REGEX)
find_package(Httplib REQUIRED)

# RapidJSON for the whole project: an unexpected type or a missing member throws.
add_library(orchestrator_rapidjson INTERFACE)
set(rapidjson_folders ${RapidJSON_INCLUDE_DIRS} ${RAPIDJSON_INCLUDE_DIRS})
# Its release 1.1.0 assigns to a constant, in a function that nobody calls. Newer compilers (clang 19) refuse that: they
# get a copy without the function.
set(CMAKE_REQUIRED_INCLUDES ${rapidjson_folders})
check_cxx_source_compiles("#include <rapidjson/document.h>\nint main() {}" RAPIDJSON_COMPILES)
unset(CMAKE_REQUIRED_INCLUDES)
if(NOT RAPIDJSON_COMPILES)
  find_path(rapidjson_original rapidjson/document.h HINTS ${rapidjson_folders} NO_CACHE REQUIRED)
  set(rapidjson_folders ${CMAKE_BINARY_DIR}/rapidjson)
  file(COPY ${rapidjson_original}/rapidjson DESTINATION ${rapidjson_folders})
  file(READ ${rapidjson_folders}/rapidjson/document.h header)
  string(REPLACE "operator=(const GenericStringRef& rhs) { s = rhs.s; length = rhs.length; }"
    "operator=(const GenericStringRef&) = delete;" header "${header}")
  file(WRITE ${rapidjson_folders}/rapidjson/document.h "${header}")
endif()
target_include_directories(orchestrator_rapidjson SYSTEM INTERFACE ${rapidjson_folders})
target_compile_definitions(orchestrator_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)
target_compile_options(orchestrator_rapidjson INTERFACE
  "SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/rapidjson_assert.h")
