#!/bin/sh
# Installs the missing Debian packages for the given purposes: install_packages.sh build web …
#
# build    compiler, tools and libraries for the programs
# web      bundler for the web interface
# browser  browser for the tests of the web interface
# sandbox  packages for running real servers
# ask      client for scripts that send requests to the HTTP server
# test     other tools for the tests
# bench    load generator for the benchmarks
#
# Runs as root or through sudo; otherwise it lists the missing packages and fails.
set -eu

has() { command -v "$1" >/dev/null 2>&1; }
header() {
  for folder in /usr/local/include /usr/include; do
    [ -e "$folder/$1" ] && return
  done
  return 1
}
installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=
need() {  # PACKAGE TEST…: the package is needed where the test fails
  package=$1
  shift
  "$@" || missing="$missing $package"
}

for purpose; do
  case $purpose in
    build)
      need cmake has cmake
      need ninja-build has ninja
      need g++ has g++
      need pkg-config has pkg-config
      need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
      need default-libmysqlclient-dev header mariadb/mysql.h
      need rapidjson-dev header rapidjson/document.h
      need libfmt-dev header fmt/core.h
      need libspdlog-dev header spdlog/spdlog.h
      need libcxxopts-dev header cxxopts.hpp
      need libsqlite3-dev header sqlite3.h
      need libre2-dev header re2/re2.h
      need libssl-dev header openssl/ssl.h
      need zlib1g-dev header zlib.h
      need catch2 header catch2/catch.hpp
      ;;
    web)
      need nodejs has node
      need npm has npm
      ;;
    browser)
      need chromium has chromium
      ;;
    sandbox)
      need mariadb-server-core test -x /usr/sbin/mariadbd
      need libaio1 installed libaio1
      ;;
    ask)
      need curl has curl
      ;;
    test)
      need git has git
      need clang-format has clang-format
      need clang-tidy has clang-tidy
      need locales test -e /usr/share/i18n/locales/de_DE
      need ccache has ccache
      need clang has clang++
      need lld has ld.lld
      need libclang-rt-14-dev installed libclang-rt-14-dev
      need nginx-light test -x /usr/sbin/nginx
      need haproxy test -x /usr/sbin/haproxy
      ;;
    bench)
      need wrk has wrk
      ;;
    *)
      echo "install_packages.sh: build, web, browser, sandbox, ask, test or bench, not '$purpose'" >&2
      exit 2
      ;;
  esac
done
[ -n "$missing" ] || exit 0

if ! has apt-get; then
  echo "These Debian packages (or what they hold) are missing, and there is no apt-get:$missing" >&2
  exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
  # Without a terminal sudo cannot ask for a password, and would fail with a less helpful message.
  if has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
  else
    echo "Some packages are missing. As root: apt-get install$missing" >&2
    exit 1
  fi
fi
echo "Installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of names
if ! { $as_root apt-get -q update &&
       $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $missing
     } >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  echo "The packages could not be installed; apt's words are above." >&2
  exit 1
fi
