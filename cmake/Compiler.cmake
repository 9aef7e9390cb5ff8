# Warnings, hardening, sanitizers and ccache, as one interface target that every target of the project links.

# Test code runs for seconds: optimising it takes longer than it saves. Set the variable before defining such targets.
define_property(TARGET PROPERTY ORCHESTRATOR_TEST_CODE INITIALIZE_FROM_VARIABLE ORCHESTRATOR_TEST_CODE)
set(test_code $<BOOL:$<TARGET_PROPERTY:ORCHESTRATOR_TEST_CODE>>)

include(CheckCXXSourceRuns)

add_library(orchestrator_compiler INTERFACE)
# The warning flags are those of g++; other compilers have others.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(orchestrator_compiler INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-align -Wformat=2 -Wextra-semi -Wduplicated-cond -Wlogical-op $<$<BOOL:${ORCHESTRATOR_WERROR}>:-Werror>
    # In instrumented code g++ warns of faults that do not exist.
    $<$<BOOL:${ORCHESTRATOR_SANITIZE}>:-Wno-maybe-uninitialized>)
endif()
# A compiler that loses values when a call throws must not remove stores. A cross compiler cannot be tried.
if(CMAKE_CROSSCOMPILING)
  set(KEEPS_STORES FALSE)
else()
  file(READ ${CMAKE_CURRENT_LIST_DIR}/lost_store.cpp lost_store)
  set(CMAKE_REQUIRED_FLAGS -O2)
  check_cxx_source_runs("${lost_store}" KEEPS_STORES)
  unset(CMAKE_REQUIRED_FLAGS)
endif()
if(NOT KEEPS_STORES AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Without optimisation there is no need, and clang-tidy, which reads the options of that build, has no such option.
  target_compile_options(orchestrator_compiler INTERFACE $<$<NOT:$<CONFIG:Debug>>:-fno-tree-dse>)
elseif(NOT KEEPS_STORES AND NOT CMAKE_CROSSCOMPILING)
  message(FATAL_ERROR "${CMAKE_CXX_COMPILER} makes wrong programs: see cmake/lost_store.cpp. Use another version.")
endif()
# clang warns of std::stable_sort in the headers of g++ 12.
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(orchestrator_compiler INTERFACE -Wno-deprecated-declarations)
endif()
# Lets the linker drop functions that a program does not call.
target_compile_options(orchestrator_compiler INTERFACE -ffunction-sections -fdata-sections)
target_compile_definitions(orchestrator_compiler INTERFACE _GLIBCXX_ASSERTIONS)
# Binding all symbols at start costs nothing measurable (2.4 ms either way for an empty program linked with all the
# libraries), and lets the tables be read-only.
target_link_options(orchestrator_compiler INTERFACE
  -Wl,--gc-sections -Wl,--as-needed -Wl,-O1 -Wl,--hash-style=gnu -Wl,-z,relro,-z,now)

# Debug information takes the usual linker ten seconds, and this one two.
find_program(LLD ld.lld)
mark_as_advanced(LLD)
if(LLD AND CMAKE_BUILD_TYPE STREQUAL Debug)
  target_link_options(orchestrator_compiler INTERFACE -fuse-ld=lld)
endif()

if(ORCHESTRATOR_SANITIZE)
  list(JOIN ORCHESTRATOR_SANITIZE "," sanitizers)
  # A null pointer ends the program anyway; without these checks sources compile in four fifths of the time. Optimising
  # takes longer than it saves, but for the library that compares logs.
  target_compile_options(orchestrator_compiler INTERFACE
    -fsanitize=${sanitizers} -fno-sanitize=null,object-size,vptr -fno-sanitize-recover=all -fno-omit-frame-pointer -g1
    $<IF:$<STREQUAL:$<TARGET_PROPERTY:NAME>,pgtid>,-O1,-O0>)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    # A relative path lets the compiler cache work in every clone.
    file(RELATIVE_PATH exceptions ${CMAKE_BINARY_DIR} ${PROJECT_SOURCE_DIR}/cmake/sanitizer_exceptions.txt)
    target_compile_options(orchestrator_compiler INTERFACE -fsanitize-ignorelist=${exceptions})
  endif()
  target_link_options(orchestrator_compiler INTERFACE -fsanitize=${sanitizers})
else()
  target_compile_options(orchestrator_compiler INTERFACE
    # Fortified functions need optimisation.
    $<IF:${test_code},-O0,-fstack-protector-strong$<$<CONFIG:Release>:;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>>)
endif()

find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
