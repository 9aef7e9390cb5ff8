# Sources that are compiled together, a folder at a time: what they include is parsed, and its templates are compiled,
# once, which makes a build several times faster. Not for what is installed, nor for who edits one source at a time.
option(ORCHESTRATOR_GROUP_SOURCES "Compile the sources of a folder together" OFF)
option(ORCHESTRATOR_GROUP_TESTS "Compile the sources of a folder of tests together" OFF)

# To be called when the target has all of its sources, and these their properties. A source with definitions or
# folders of its own stays alone.
function(group_sources target)
  if(NOT ORCHESTRATOR_GROUP_SOURCES AND NOT (ORCHESTRATOR_GROUP_TESTS AND ORCHESTRATOR_TEST_CODE))
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
    # From the top of the project, so that the compiler's cache finds the group in every clone.
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
endfunction()
