#!/bin/sh
# From a clone to a running orchestrator.
#
#   sh cmake/quickstart.sh demo     with a demo topology of real servers, which it starts
#   sh cmake/quickstart.sh          for your own servers; --config FILE names the configuration
#   sh cmake/quickstart.sh stop     stops everything that the other two started, and removes the demo's servers
#
# The commands may be repeated: running processes are left running. ORCHESTRATOR_PORT is the port to listen on
# (3000, or the next free one), ORCHESTRATOR_DEMO_PORT the first port of the demo's servers (22987).
set -eu
cd "$(dirname "$0")/.."
source_folder=$(pwd)
bin=$source_folder/build/release/bin
demo_state=$source_folder/build/demo
own_state=${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/orchestrator

say() { printf '%s\n' "$*"; }
fail() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 1
}

install_and_build() {
  sh cmake/install_packages.sh "$@" || fail "some packages are missing (see above)"
  say "Building (a few minutes the first time); the log is $source_folder/build/quickstart.log"
  mkdir -p build
  if ! { cmake --preset release && cmake --build --preset release --target programs; } >build/quickstart.log 2>&1; then
    tail -n 40 build/quickstart.log >&2
    fail "the build failed; all it said is in $source_folder/build/quickstart.log"
  fi
  # The web page is optional: its packages come from elsewhere, and a failure there must not stop the rest.
  cmake --build --preset release --target web >build/quickstart-web.log 2>&1 ||
    say "There will be no web page, only the API: $source_folder/build/quickstart-web.log says why"
}

# Whether a process listens on this TCP port, on any address.
port_taken() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf ':%04X' "$1")" '
    $4 == "0A" && substr($2, length($2) - 4) == port { found = 1 }
    END { exit !found }'
}

free_ports() {  # FIRST COUNT: prints the first port from FIRST on that starts a run of COUNT free ports
  first=$1
  while [ "$first" -le 65000 ]; do
    offset=0
    while [ "$offset" -lt "$2" ] && ! port_taken $((first + offset)); do offset=$((offset + 1)); done
    [ "$offset" -lt "$2" ] || { echo "$first"; return; }
    first=$((first + offset + 1))
  done
  fail "no $2 free ports from $1 on"
}

# The process of STATE/http.pid, if it is still that server and not another process with a reused pid.
server_pid() {
  pid=$(cat "$1/http.pid" 2>/dev/null) || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  command=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) || return 1
  case $command in
    *"orchestrator-http --config=$(cat "$1/http.config") "*) echo "$pid" ;;
    *) return 1 ;;
  esac
}

# 401: the user's configuration requires a password; the server is healthy then, too.
healthy() {
  case $(curl -s --noproxy '*' --max-time 2 -o /dev/null -w '%{http_code}' "$1/api/health") in
    200 | 401) ;;
    *) return 1 ;;
  esac
}

start_server() {  # STATE CONFIG ADDRESS
  if pid=$(server_pid "$1"); then
    # Restart the server if the configuration has been edited since.
    if [ "$(cat "$1/http.config")" = "$2" ] && [ -z "$(find "$2" -newer "$1/http.pid")" ] && healthy "$3"; then
      return
    fi
    stop_server "$1" || true
  fi
  say "Starting orchestrator-http on $3"
  echo "$2" >"$1/http.config"
  (cd "$1" && exec setsid "$bin/orchestrator-http" --config="$2" --verbose >"$1/http.log" 2>&1 </dev/null) &
  echo $! >"$1/http.pid"
  tries=0
  until healthy "$3" && server_pid "$1" >/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || { [ "$tries" -gt 10 ] && ! server_pid "$1" >/dev/null; }; then
      tail -n 20 "$1/http.log" >&2
      stop_server "$1" || true
      fail "orchestrator-http does not answer on $3; its log is $1/http.log"
    fi
    sleep 0.1
  done
}

stop_server() {  # STATE; true if there was one
  pid=$(server_pid "$1") || { rm -f "$1/http.pid"; return 1; }
  kill "$pid" 2>/dev/null || true
  tries=0
  while server_pid "$1" >/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -le 150 ] || { kill -KILL "$pid" 2>/dev/null || true; break; }
    sleep 0.1
  done
  rm -f "$1/http.pid"
}

# Starts six servers in three levels, or resumes those of an earlier start, restarting each one if needed.
start_servers() {
  sandbox=$bin/orchestrator-sandbox
  servers=$demo_state/servers
  if "$sandbox" status --folder "$servers" >"$demo_state/status"; then
    while read -r name _ _ state _; do
      case $state in
        down*) "$sandbox" restart "$name" --folder "$servers" || return 1 ;;
        paused*) "$sandbox" resume "$name" --folder "$servers" || return 1 ;;
      esac
    done <"$demo_state/status"
  else
    rm -rf "$servers"
    "$sandbox" start --folder "$servers" --flavour mariadb-10.11 --pseudo-gtid --base-port "$server_port" \
      --tree "a > b > c, b > d, a > e > f"
  fi
}

demo() {
  install_and_build build web ask sandbox
  mkdir -p "$demo_state"
  chmod 700 "$demo_state"

  # Keep the ports of an earlier start: servers and page keep their addresses.
  if [ -r "$demo_state/ports" ]; then
    read -r port server_port <"$demo_state/ports"
  else
    port=$(free_ports "${ORCHESTRATOR_PORT:-3000}" 1)
    server_port=$(free_ports "${ORCHESTRATOR_DEMO_PORT:-22987}" 6)
    echo "$port $server_port" >"$demo_state/ports"
  fi
  config=$demo_state/orchestrator.conf.json
  [ -e "$config" ] || (umask 077 && cat >"$config") <<END
{
  "ListenAddress": "127.0.0.1:$port",
  "BackendDB": "sqlite3",
  "SQLite3DataFile": "$demo_state/orchestrator.sqlite3",
  "MySQLTopologyUser": "orchestrator",
  "MySQLTopologyPassword": "orch_pass",
  "HostnameResolveMethod": "none",
  "DiscoverByShowSlaveHosts": true,
  "InstancePollSeconds": 1,
  "PseudoGTIDPattern": "drop view if exists .*?_pseudo_gtid_hint__"
}
END

  say "Starting six MariaDB servers that replicate"
  start_servers >"$demo_state/sandbox.log" 2>&1 || {
    cat "$demo_state/sandbox.log" >&2
    fail "the demo's servers could not be started"
  }
  start_server "$demo_state" "$config" "http://127.0.0.1:$port"

  master=127.0.0.1:$server_port
  "$bin/orchestrator" --config="$config" -c discover -i "$master" >/dev/null 2>"$demo_state/discover.log" || {
    cat "$demo_state/discover.log" >&2
    fail "$master could not be discovered"
  }
  say ""
  "$bin/orchestrator" --config="$config" -c topology -i "$master"
  say ""
  say "Web page:      http://127.0.0.1:$port"
  say "Command line:  $bin/orchestrator --config=$config -c topology -i $master"
  say "Stop:          sh cmake/quickstart.sh stop"
}

# Prints the value of a text setting of a configuration file, in the cases that need no JSON parser.
setting() { sed -n 's/^[[:space:]]*"'"$2"'"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' "$1" | tail -n 1; }

own_servers() {
  install_and_build build web ask
  mkdir -p "$own_state"
  chmod 700 "$own_state"
  config=$1
  if [ -z "$config" ]; then
    config=$own_state/orchestrator.conf.json
    if [ -r /etc/orchestrator.conf.json ]; then
      config=/etc/orchestrator.conf.json
    elif [ ! -e "$config" ]; then
      port=$(free_ports "${ORCHESTRATOR_PORT:-3000}" 1)
      (umask 077 && cat >"$config") <<END
{
  "ListenAddress": "127.0.0.1:$port",
  "SQLite3DataFile": "$own_state/orchestrator.sqlite3",
  "MySQLTopologyUser": "",
  "MySQLTopologyPassword": "",
  "DiscoverByShowSlaveHosts": false
}
END
    fi
  fi
  [ -r "$config" ] || fail "the configuration $config cannot be read"
  address=$(setting "$config" ListenAddress)
  address=${address:-:3000}
  case $address in
    :* | 0.0.0.0:* | '[::]:'*) url=http://127.0.0.1:${address##*:} ;;
    *) url=http://$address ;;
  esac
  start_server "$own_state" "$config" "$url"

  say ""
  if [ -z "$(setting "$config" MySQLTopologyUser)$(setting "$config" MySQLTopologyCredentialsConfigFile)" ]; then
    say "It has no account on your servers yet. Put MySQLTopologyUser and MySQLTopologyPassword into"
    say "  $config"
    say "and repeat this command. The section Grants of"
    say "  $source_folder/conf/README.md"
    say "has the statements that create this account on the servers."
    say ""
  fi
  say "Web page:            $url"
  say "Discover a server:   $bin/orchestrator --config=$config -c discover -i HOST:PORT"
  say "Print its topology:  $bin/orchestrator --config=$config -c topology -i HOST:PORT"
  say "Stop:                sh cmake/quickstart.sh stop"
}

stop() {
  stopped=
  for state in "$demo_state" "$own_state"; do
    if [ -e "$state/http.pid" ] && stop_server "$state"; then
      say "Stopped the orchestrator-http of $state"
      stopped=yes
    fi
  done
  if [ -d "$demo_state/servers" ]; then
    "$bin/orchestrator-sandbox" stop --folder "$demo_state/servers" --remove >&2 ||
      fail "the demo's servers could not be stopped"
    say "Stopped and removed the demo's servers"
    stopped=yes
  fi
  rm -rf "$demo_state"
  [ -n "$stopped" ] || say "Nothing was running"
}

usage() {
  sed -n '2,/^set /{s/^# \{0,1\}//p;}' "$source_folder/cmake/quickstart.sh"
}

case ${1:-} in
  demo) demo ;;
  stop) stop ;;
  '') own_servers "" ;;
  --config=*) own_servers "$(realpath -- "${1#--config=}")" ;;
  --config) own_servers "$(realpath -- "${2:?--config needs the name of a file}")" ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
