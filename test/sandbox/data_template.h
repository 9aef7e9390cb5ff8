// A data folder that is made once and copied for every server.
#pragma once

#include <filesystem>

#include "sandbox/installation.h"

namespace sandbox {

// The template of this flavour and version, with its accounts; made (1 to 3 s) if the cache folder does not
// hold it. Processes that ask at once wait for one another. Throws topo::Error{refused} with the end of the
// server's log.
std::filesystem::path data_template(const Installation& installation);

// Makes a server's data folder, which must not exist, of it. Holes stay holes. The server is given a UUID,
// which MySQL 5.6 would make of the time alone: two that start at once would now and then make the same.
void copy_template(const std::filesystem::path& data_template, Flavour flavour,
                   const std::filesystem::path& data);

}  // namespace sandbox
