#include "sandbox/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "topo/base/error.h"

namespace sandbox {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw topo::Error(topo::Code::invalid_argument, message);
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

std::string trimmed_name(std::string_view text, std::string_view whole) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) refuse(fmt::format("the tree \"{}\" lacks the name of a server", whole));
  // Names become folder names, so "." and ".." are invalid.
  if (!std::ranges::all_of(text, is_name_character) || text.front() == '.') {
    refuse(fmt::format("\"{}\" in the tree \"{}\" is not a name for a server: use letters, digits, - and _",
                       text, whole));
  }
  return std::string(text);
}

class TreeBuilder {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  void add_chain(std::string_view chain) {
    std::string left;
    bool mutual = false;
    for (bool first = true;; first = false) {
      const auto arrow = chain.find('>');
      const bool next_mutual = arrow != std::string_view::npos && arrow > 0 && chain[arrow - 1] == '<';
      const std::string name = trimmed_name(chain.substr(0, next_mutual ? arrow - 1 : arrow), text_);
      TreeServer& server = find_or_add(name);
      if (!first) set_master(server, left);
      if (mutual) set_master(find_or_add(left), name);
      if (arrow == std::string_view::npos) return;
      left = name;
      mutual = next_mutual;
      chain.remove_prefix(arrow + 1);
    }
  }

  std::vector<TreeServer> take() { return std::move(servers_); }

 private:
  TreeServer& find_or_add(const std::string& name) {
    const auto found = std::ranges::find(servers_, name, &TreeServer::name);
    return found != servers_.end() ? *found : servers_.emplace_back(TreeServer{name});
  }

  void set_master(TreeServer& server, const std::string& master) const {
    if (server.name == master)
      refuse(fmt::format("in the tree \"{}\" {} replicates from itself", text_, master));
    if (server.master && *server.master != master) {
      refuse(fmt::format("in the tree \"{}\" {} has two masters, {} and {}", text_, server.name,
                         *server.master, master));
    }
    server.master = master;
  }

  std::string_view text_;
  std::vector<TreeServer> servers_;
};

}  // namespace

std::vector<TreeServer> parse_tree(std::string_view text) {
  TreeBuilder builder(text);
  for (std::string_view rest = text;;) {
    const auto end = rest.find_first_of(",\n");
    builder.add_chain(rest.substr(0, end));
    if (end == std::string_view::npos) return builder.take();
    rest.remove_prefix(end + 1);
  }
}

std::vector<std::string> roots(const std::vector<TreeServer>& tree) {
  std::vector<std::string> result;
  std::set<std::string> in_rings_of_roots;
  for (const TreeServer& server : tree) {
    if (!server.master) {
      result.push_back(server.name);
      continue;
    }
    // Follows the masters of this server for at most as many steps as there are servers; returning to it
    // means a loop.
    std::vector<std::string> ring{server.name};
    for (const TreeServer* at = &server; at->master && ring.size() <= tree.size();) {
      if (*at->master == server.name) {
        if (!in_rings_of_roots.contains(server.name)) result.push_back(server.name);
        in_rings_of_roots.insert(ring.begin(), ring.end());
        break;
      }
      at = &*std::ranges::find(tree, *at->master, &TreeServer::name);
      ring.push_back(at->name);
    }
  }
  return result;
}

}  // namespace sandbox
