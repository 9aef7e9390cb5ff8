// Whether the files for TLS that a configuration names can be used.
#pragma once

#include <string>
#include <vector>

#include "topo/config/configuration.h"

namespace topo {

// Why files named by the MySQL*SSL*File keys are unusable: a sentence each, with key, file and reason. Files
// that are not used because TLS is disabled are not checked.
[[nodiscard]] std::vector<std::string> unusable_tls_files(const Configuration& configuration);

// The same for the files of the HTTP server: SSLCertFile, SSLPrivateKeyFile and SSLCAFile.
[[nodiscard]] std::vector<std::string> unusable_http_tls_files(const Configuration& configuration);

}  // namespace topo
