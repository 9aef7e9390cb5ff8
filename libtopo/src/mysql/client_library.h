// The client library, MariaDB Connector/C: it implements the protocol, without access to network, files and
// environment.
//
// A Transport replaces its sockets through the library's own plugin interface (PVIO) and controls all data in
// both directions. Two authentication plugins are replaced, too: they would send the password itself if TLS
// is on (the library does not know about TLS here), and otherwise encrypt it with any key that the server
// sends.
#pragma once

#include <mysql.h>

#include "mysql/transport.h"

#if !defined(LIBMARIADB) || MARIADB_PACKAGE_VERSION_ID < 30300
#error "This needs MariaDB Connector/C 3.3 or newer"
#endif

namespace topo::mysql {

// Call before any use of the library; runs once per process. Thread-safe. Throws Error{refused} if plugins
// are loaded through the environment (LIBMYSQL_PLUGINS), or for an incompatible library version.
void initialise_library();

// Runs mysql_real_connect over `transport`. False: the library's errno or Transport::failure() has the
// reason.
[[nodiscard]] bool connect_over(MYSQL& mysql, Transport& transport, const ConnectionOptions& options);

}  // namespace topo::mysql
