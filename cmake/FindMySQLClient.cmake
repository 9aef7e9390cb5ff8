# libmysqlclient, from MariaDB or Oracle: target MySQL::Client.
find_package(PkgConfig REQUIRED)
pkg_search_module(MYSQLCLIENT QUIET IMPORTED_TARGET mysqlclient libmariadb mariadb)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MySQLClient REQUIRED_VARS MYSQLCLIENT_LINK_LIBRARIES VERSION_VAR MYSQLCLIENT_VERSION)
if(MySQLClient_FOUND AND NOT TARGET MySQL::Client)
  add_library(MySQL::Client INTERFACE IMPORTED)
  target_link_libraries(MySQL::Client INTERFACE PkgConfig::MYSQLCLIENT)
endif()
