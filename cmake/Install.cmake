# The files that `cmake --install` installs and where, including the CMake package `orchestrator`.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/orchestrator)

install(TARGETS orchestrator orchestrator-http orchestrator-discovery RUNTIME)
install(TARGETS topo pgtid EXPORT orchestratorTargets ARCHIVE LIBRARY)
install(DIRECTORY libtopo/include/ libpgtid/include/ TYPE INCLUDE)
install(EXPORT orchestratorTargets NAMESPACE orchestrator:: DESTINATION ${package_folder})
configure_package_config_file(cmake/orchestratorConfig.cmake.in orchestratorConfig.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(orchestratorConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/orchestratorConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/orchestratorConfigVersion.cmake
  cmake/FindMySQLClient.cmake cmake/FindRE2.cmake
  DESTINATION ${package_folder})

set(data_folder ${CMAKE_INSTALL_DATADIR}/orchestrator)
install(DIRECTORY conf DESTINATION ${data_folder} PATTERN README.md EXCLUDE)
if(TARGET web OR ORCHESTRATOR_WEB_DIST)
  install(DIRECTORY ${ORCHESTRATOR_WEB_FOLDER} DESTINATION ${data_folder})
endif()
set(manual ${ORCHESTRATOR_MANUAL_FOLDER})
install(FILES ${manual}/orchestrator.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${manual}/orchestrator.conf.json.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${manual}/orchestrator-http.8 ${manual}/orchestrator-discovery.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
# bash-completion looks for a file with the name of the program.
set(completions ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
foreach(program orchestrator orchestrator-http orchestrator-discovery)
  install(FILES ${manual}/bash-completion DESTINATION ${completions} RENAME ${program})
endforeach()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
