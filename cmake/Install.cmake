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
install(FILES ${ORCHESTRATOR_MANUAL_FOLDER}/orchestrator.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${ORCHESTRATOR_MANUAL_FOLDER}/orchestrator
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
