// Prints the topology that a server belongs to: print_topology HOST:PORT USER PASSWORD
#include <topo/context.h>
#include <topo/discovery/discovery.h>
#include <topo/topology/topology.h>

#include <exception>
#include <iostream>
#include <stdexcept>

int main(int count, char** arguments) try {
  if (count != 4) throw std::invalid_argument("usage: print_topology HOST:PORT USER PASSWORD");
  topo::Configuration configuration;
  configuration.mysql_topology_user = arguments[2];
  configuration.mysql_topology_password = arguments[3];
  configuration.discover_by_show_slave_hosts = true;
  configuration.sqlite3_data_file = "known_servers.sqlite3";

  topo::Context context(configuration);
  topo::Discovery(context).discover(topo::InstanceKey::parse(arguments[1], 3306));
  std::cout << ascii_tree(topo::Topology(context.store().instances().read_all()), {}) << '\n';
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
