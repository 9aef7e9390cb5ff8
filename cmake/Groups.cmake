# Compiles the sources of a folder together: their headers are parsed and their templates compiled once, which makes a
# clean build several times faster. While you edit single sources, the preset `debug` is faster, which does not do it.
option(ORCHESTRATOR_GROUP_SOURCES "Compile the sources of a folder together" OFF)

# Call this when the target has all of its sources, and they have their properties. A source with its own definitions
# or include folders is compiled alone.
function(group_sources target)
  if(NOT ORCHESTRATOR_GROUP_SOURCES)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  set(remaining)
  set(groups)
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source NORMALIZE)
    get_source_file_property(definitions ${source} COMPILE_DEFINITIONS)
    get_source_file_property(folders ${source} INCLUDE_DIRECTORIES)
    if(definitions OR folders)
      list(APPEND remaining ${source})
      continue()
    endif()
    # The path is relative to the project, so that the compiler cache finds the group in every clone.
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    cmake_path(GET source PARENT_PATH folder)
    string(MAKE_C_IDENTIFIER ${folder} group)
    list(APPEND groups ${group})
    string(APPEND text_${group} "#include \"${source}\"\n")
  endforeach()
  list(REMOVE_DUPLICATES groups)
  foreach(group ${groups})
    set(file ${CMAKE_CURRENT_BINARY_DIR}/${target}/${group}.cpp)
    file(CONFIGURE OUTPUT ${file} CONTENT "${text_${group}}" @ONLY)
    list(APPEND remaining ${file})
  endforeach()
  set_target_properties(${target} PROPERTIES
    SOURCES "${remaining}"
    CXX_COMPILER_LAUNCHER "${PROJECT_SOURCE_DIR}/cmake/compile_group.sh;${CMAKE_CXX_COMPILER_LAUNCHER}")
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # A type of an unnamed namespace is fine in a source, but g++ warns of it in an included file.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()
