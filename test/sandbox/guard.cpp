#include "sandbox/guard.h"

#include <fcntl.h>
#include <unistd.h>

#include "sandbox/child.h"
#include "topo/base/error.h"

namespace sandbox {
namespace {

// When the owner dies, the kernel sends a hang-up to a group with stopped members; the keeper must survive
// it.
constexpr const char* keep_group = "trap '' HUP INT TERM; cat >/dev/null; kill -9 0";

// Servers that are being killed may still write to the folder.
constexpr const char* remove_folder =
    "trap '' HUP INT TERM; cat >/dev/null; tries=0; "
    "until rm -rf -- \"$1\" || [ $tries -ge 200 ]; do tries=$((tries + 1)); sleep 0.05; done";

}  // namespace

Guard::Guard(const std::filesystem::path& folder) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw topo::Error(topo::Code::refused, "no pipe can be had for a sandbox");
  pipe_ = ends[1];
  keeper_ = start_child({.command = {"/bin/sh", "-c", keep_group}, .input_descriptor = ends[0], .group = 0});
  remover_ = start_child({.command = {"/bin/sh", "-c", remove_folder, "sh", folder.string()},
                          .folder = "/",
                          .input_descriptor = ends[0],
                          .group = 0});
  close(ends[0]);
}

void Guard::close_pipe() {
  if (pipe_ < 0) return;
  close(pipe_);
  pipe_ = -1;
}

Guard::~Guard() {
  close_pipe();
  await_child(keeper_);
  await_child(remover_);
}

}  // namespace sandbox
