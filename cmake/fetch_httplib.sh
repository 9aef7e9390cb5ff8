#!/bin/sh
# Puts the header httplib.h of cpp-httplib into the folder named by the first argument.
#
# Debian 12's own package is too old, so the header comes from the source package of the same name in
# Debian's unstable suite. apt fetches it with separate lists, cache and settings: the machine's apt is
# only read (for mirror and keyring), never changed, and root is not needed.
set -eu

[ $# -eq 1 ] || { echo "usage: fetch_httplib.sh FOLDER" >&2; exit 2; }
target=$1
apt_folder=${ORCHESTRATOR_APT_FOLDER:-/etc/apt}

complain() {
  echo "fetch_httplib.sh: $1" >&2
  exit 1
}

command -v apt-get >/dev/null 2>&1 || complain "apt-get is missing, so there is no Debian source package to be had"
mkdir -p "$target" || complain "cannot write to the folder $target"
work=$(mktemp -d) || complain "cannot make a temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The first enabled Debian mirror, as "URI keyring" ("-": apt's own keys). Security and update
# suites have other mirrors, without unstable, so only a plain release suite counts.
codename=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
mirror() {
  for file in "$apt_folder"/sources.list.d/*.sources; do
    [ -r "$file" ] || continue
    # One stanza is a paragraph; comments may occur anywhere in it.
    grep -v '^#' "$file" | awk -v codename="$codename" '
      function flush_stanza(  i, n, suites, uris) {
        n = split(field["suites"], suites, " ")
        for (i = 1; i <= n; i++)
          if (field["enabled"] !~ /^(no|false)$/ && field["types"] ~ /(^| )deb( |$)/ &&
              suites[i] ~ "^(stable|testing|unstable|sid|oldstable|" codename ")$") {
            split(field["uris"], uris, " ")
            if (uris[1] ~ /^(https?|ftp|file|copy|mirror[^:]*):/)
              print uris[1], field["signed-by"] ~ /^\// ? field["signed-by"] : "-"
            break
          }
        split("", field)
      }
      /^[ \t]*$/ { flush_stanza(); next }
      /^[^ \t:]+:/ {
        name = tolower(substr($0, 1, index($0, ":") - 1))
        value = substr($0, index($0, ":") + 1)
        gsub(/^[ \t]+|[ \t]+$/, "", value)
        field[name] = value
      }
      END { flush_stanza() }'
  done
  for file in "$apt_folder"/sources.list "$apt_folder"/sources.list.d/*.list; do
    [ -r "$file" ] || continue
    awk -v codename="$codename" '
      $1 == "deb" {
        keyring = "-"
        at = 2
        if ($2 ~ /^\[/) {                       # options: deb [arch=… signed-by=…] URI suite …
          while (at <= NF) {
            option = $at
            gsub(/[][]/, "", option)
            if (option ~ /^signed-by=\//) keyring = substr(option, 11)
            if ($(at++) ~ /\]$/) break
          }
        }
        if ($at ~ /^(https?|ftp|file|copy|mirror[^:]*):/ &&
            $(at + 1) ~ "^(stable|testing|unstable|sid|oldstable|" codename ")$")
          print $at, keyring
      }' "$file"
  done
}

found=$(mirror | head -n 1)
[ -n "$found" ] || complain "no Debian mirror in $apt_folder/sources.list or $apt_folder/sources.list.d"
uri=${found%% *}
keyring=${found##* }
# A release's mirror entry may name only the key of that release; unstable is also signed with other
# keys, all of which the full archive keyring contains.
archive_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$archive_keyring" ] && keyring=$archive_keyring

mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/source"
if [ "$keyring" = - ]; then options=; else options="[signed-by=$keyring] "; fi
echo "deb-src ${options}${uri} sid main" >"$work/sources.list"

# apt reads this after the machine's own settings, such as proxies, which therefore stay in force. Hooks of
# distributions maintain the system's cache, which needs root and does not concern this one. Frozen mirrors
# serve expired lists: these are still signed, and the version found has to be new enough.
cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::Lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
APT::Sandbox::User "$(id -un)";
Debug::NoLocking "1";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END

if ! apt-get -q -c "$work/apt.conf" update >"$work/log" 2>&1 ||
   ! (cd "$work/source" &&
      apt-get -q -c "$work/apt.conf" source --download-only cpp-httplib >>"$work/log" 2>&1); then
  sed 's/^/  /' "$work/log" >&2
  complain "apt could not fetch the source package cpp-httplib (its words are above)"
fi

# CMake unpacks every kind of archive, even where xz is not installed.
(cd "$work/source" && for archive in cpp-httplib_*.orig.tar.*; do
  case $archive in *.asc) continue ;; esac
  "${CMAKE_COMMAND:-cmake}" -E tar xf "$archive"
done) || complain "the source package cannot be unpacked"
header=$(find "$work/source" -name httplib.h | head -n 1)
[ -n "$header" ] || complain "the source package holds no httplib.h"

# A temporary name first: two builds that fetch at once both end up with a complete file.
cp "$header" "$target/httplib.h.$$"
mv -f "$target/httplib.h.$$" "$target/httplib.h"
