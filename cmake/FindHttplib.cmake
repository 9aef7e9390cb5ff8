# cpp-httplib 0.41 or newer: target httplib::httplib.
#
# Older versions, such as 0.11.4 of Debian 12, let an unauthenticated client exhaust the server's memory and smuggle
# headers (CVE-2025-66570 and others), and apps/http/server.cpp extends classes of 0.41. A recent enough system header
# is preferred; otherwise fetch_httplib.sh puts the header into a cache outside the source tree. To use another one,
# name its folder: -DORCHESTRATOR_HTTPLIB_DIR=…; then nothing is fetched.
set(Httplib_MINIMUM 0.41)
# apps/http overrides functions that are internal to cpp-httplib. Raise this after the tests have passed with a newer
# version.
set(Httplib_TESTED 0.41)
option(ORCHESTRATOR_HTTPLIB_UNTESTED "Accept a version of cpp-httplib that was not tested" OFF)
if(ORCHESTRATOR_HTTPLIB_DIR)
  set(Httplib_INCLUDE_DIR ${ORCHESTRATOR_HTTPLIB_DIR} CACHE PATH "Folder of httplib.h" FORCE)
endif()

function(httplib_version header result)
  set(version 0)
  if(EXISTS ${header})
    file(STRINGS ${header} line REGEX "#define CPPHTTPLIB_VERSION \"" LIMIT_COUNT 1)
    if(line MATCHES "\"([0-9.]+)\"")
      set(version ${CMAKE_MATCH_1})
    endif()
  endif()
  set(${result} ${version} PARENT_SCOPE)
endfunction()

function(httplib_is_tested version result)
  string(REGEX MATCH "^[0-9]+[.][0-9]+" series "${version}")
  if(series VERSION_LESS Httplib_MINIMUM OR (series VERSION_GREATER Httplib_TESTED AND NOT ORCHESTRATOR_HTTPLIB_UNTESTED))
    set(${result} FALSE PARENT_SCOPE)
  else()
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

if(ORCHESTRATOR_HTTPLIB_DIR AND NOT EXISTS ${ORCHESTRATOR_HTTPLIB_DIR}/httplib.h)
  message(FATAL_ERROR "ORCHESTRATOR_HTTPLIB_DIR is ${ORCHESTRATOR_HTTPLIB_DIR}, which has no httplib.h")
endif()
if(NOT Httplib_INCLUDE_DIR OR NOT EXISTS ${Httplib_INCLUDE_DIR}/httplib.h)
  find_path(Httplib_SYSTEM_DIR httplib.h)
  mark_as_advanced(Httplib_SYSTEM_DIR)
  httplib_version("${Httplib_SYSTEM_DIR}/httplib.h" system_version)
  httplib_is_tested(${system_version} system_is_tested)
  if(system_is_tested)
    set(folder ${Httplib_SYSTEM_DIR})
    # A packaged header may be half of a compiled library: only its own CMake package knows.
    find_package(httplib CONFIG QUIET)
  else()
    if(DEFINED ENV{XDG_CACHE_HOME})
      set(folder $ENV{XDG_CACHE_HOME}/orchestrator-build/httplib)
    elseif(DEFINED ENV{HOME})
      set(folder $ENV{HOME}/.cache/orchestrator-build/httplib)
    else()
      set(folder ${CMAKE_BINARY_DIR}/httplib)
    endif()
    httplib_version(${folder}/httplib.h version)
    httplib_is_tested(${version} is_tested)
    if(NOT is_tested)
      message(STATUS "Fetching cpp-httplib from Debian's source package")
      execute_process(
        COMMAND ${CMAKE_COMMAND} -E env CMAKE_COMMAND=${CMAKE_COMMAND}
                sh ${CMAKE_CURRENT_LIST_DIR}/fetch_httplib.sh ${folder}
        RESULT_VARIABLE failed ERROR_VARIABLE complaint)
      if(failed)
        message(FATAL_ERROR
          "cpp-httplib ${Httplib_MINIMUM} or newer is needed, the system has ${system_version} (0: none), and fetching it "
          "failed:\n${complaint}\nEither give this machine access to its Debian mirror, or install a newer "
          "libcpp-httplib-dev, or put httplib.h anywhere and say -DORCHESTRATOR_HTTPLIB_DIR=FOLDER.")
      endif()
    endif()
  endif()
  set(Httplib_INCLUDE_DIR ${folder} CACHE PATH "Folder of httplib.h, ${Httplib_MINIMUM} or newer" FORCE)
endif()

httplib_version(${Httplib_INCLUDE_DIR}/httplib.h Httplib_VERSION)
httplib_is_tested(${Httplib_VERSION} Httplib_is_tested)
if(Httplib_VERSION VERSION_GREATER_EQUAL Httplib_MINIMUM AND NOT Httplib_is_tested)
  message(FATAL_ERROR
    "cpp-httplib ${Httplib_VERSION} was not tested; ${Httplib_MINIMUM} to ${Httplib_TESTED} were. Name the folder of such "
    "a version with -DORCHESTRATOR_HTTPLIB_DIR, or use this one with -DORCHESTRATOR_HTTPLIB_UNTESTED=ON and run the tests.")
endif()
include(FindPackageHandleStandardArgs)
if(NOT Httplib_FIND_VERSION)
  set(Httplib_FIND_VERSION ${Httplib_MINIMUM})
endif()
find_package_handle_standard_args(Httplib REQUIRED_VARS Httplib_INCLUDE_DIR VERSION_VAR Httplib_VERSION)
if(Httplib_FOUND AND NOT TARGET httplib::httplib)
  add_library(httplib::httplib INTERFACE IMPORTED)
  target_include_directories(httplib::httplib SYSTEM INTERFACE ${Httplib_INCLUDE_DIR})
  target_link_libraries(httplib::httplib INTERFACE Threads::Threads)
endif()
