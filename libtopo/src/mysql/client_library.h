// The client library, MariaDB Connector/C: it speaks the protocol, and knows no network, no files and no
// environment.
//
// Its sockets are replaced by way of its own interface for that (PVIO), so that a Transport has the last word
// on what reaches it and what leaves it. Two of its authentication plugins are replaced, too: those that send
// the password itself where there is TLS, of which the library knows nothing, and otherwise encrypt it with
// whatever key the server hands out.
#pragma once

#include <mysql.h>

#include "mysql/transport.h"

#if !defined(LIBMARIADB) || MARIADB_PACKAGE_VERSION_ID < 30300
#error "This needs MariaDB Connector/C 3.3 or newer"
#endif

namespace topo::mysql {

// Once in a process; thread-safe. Throws Error{refused} where something else has a hold on the library:
// plugins that the environment names (LIBMYSQL_PLUGINS), a version of another make.
void initialise_library();

// mysql_real_connect over that transport. False: the library's errno or Transport::failure() says why.
[[nodiscard]] bool connect_over(MYSQL& mysql, Transport& transport, const ConnectionOptions& options);

}  // namespace topo::mysql
