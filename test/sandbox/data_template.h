// A data folder that is created once and copied for every server.
#pragma once

#include <filesystem>

#include "sandbox/installation.h"

namespace sandbox {

// The template of this flavour and version, with its accounts; created (1 to 3 s) if the cache folder lacks
// it. Concurrent processes wait for one another. Throws topo::Error{refused} with the end of the server's
// log.
std::filesystem::path data_template(const Installation& installation);

// Creates the data folder `data`, which must not exist, from the template. Holes in files are preserved. The
// server gets a UUID, because MySQL 5.6 derives one from the time alone: two servers that start at once would
// sometimes get the same.
void copy_template(const std::filesystem::path& data_template, Flavour flavour,
                   const std::filesystem::path& data);

}  // namespace sandbox
