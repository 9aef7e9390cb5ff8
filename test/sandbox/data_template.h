// A data folder that is made once and copied for every server.
#pragma once

#include <filesystem>

#include "sandbox/installation.h"

namespace sandbox {

// The template of this flavour and version, with its accounts; made (1 to 3 s) if the cache folder does not
// hold it. Processes that ask at once wait for one another. Throws topo::Error{refused} with the end of the
// server's log.
std::filesystem::path data_template(const Installation& installation);

// Copies it to `data`, which must not exist; holes stay holes.
void copy_template(const std::filesystem::path& data_template, const std::filesystem::path& data);

}  // namespace sandbox
