#!/bin/sh
# Formatting and clang-tidy over the project's own sources: lint.sh BUILD_FOLDER [path filter]
#
# clang-tidy reads many sources together, as most of its time goes into the headers that all of them include. With
# LINT_EACH=yes it reads each alone at once: a namespace alias that is not used, and an #include that is missing, is
# only found that way.
#
# A file that clang-tidy passed is not read again until it, a header of the project that it includes, .clang-tidy
# or clang-tidy itself changes. Ends with "N passed, N failed"; a case is a file.
set -eu
cd "$(dirname "$0")/.."
build=$1
filter=${2:-}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/orchestrator-build/clang-tidy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$cache" "$work/failed" "$work/groups"

find libtopo libpgtid apps test \( -name '*.cpp' -o -name '*.h' \) | LC_ALL=C sort >"$work/own"
grep -F -- "$filter" "$work/own" >"$work/format" || { echo "no source file matches '$filter'" >&2; exit 2; }

passed=0
failed=0

# 1. Formatting: all at once is quick; only when something is wrong, which files are.
if xargs clang-format --dry-run -Werror <"$work/format" >"$work/output" 2>&1; then
  passed=$(wc -l <"$work/format")
else
  cat "$work/output"
  while read -r file; do
    if clang-format --dry-run -Werror "$file" >/dev/null 2>&1; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "$file: clang-format -i it"
    fi
  done <"$work/format"
fi

# 2. What each source includes of the project, headers of headers too. Names are matched by their end
# against all headers: at worst a file is checked once too often.
xargs grep -H '^ *# *include *"' <"$work/own" | awk -v own="$work/own" '
  BEGIN { while ((getline file < own) > 0) if (file ~ /\.h$/) headers[++header_count] = file }
  {
    file = substr($0, 1, index($0, ":") - 1)
    split($0, quoted, "\"")
    name = quoted[2]
    if (!(name in found)) {
      found[name] = ""
      for (i = 1; i <= header_count; i++)
        if (headers[i] == name || substr(headers[i], length(headers[i]) - length(name)) == "/" name)
          found[name] = found[name] " " headers[i]
    }
    includes[file] = includes[file] found[name]
  }
  function walk(file,   i, n, names) {
    if (file in seen) return
    seen[file] = 1
    list = list " " file
    n = split(includes[file], names, " ")
    for (i = 1; i <= n; i++) walk(names[i])
  }
  END {
    close(own)
    while ((getline file < own) > 0) if (file ~ /\.cpp$/) { split("", seen); list = ""; walk(file); print list }
  }' >"$work/includes"

version=$(clang-tidy --version | sha256sum)
: >"$work/tidy"
while read -r file others; do
  # Sources of the consumer and of parts that are switched off are in no compilation database.
  grep -qF "/$file\"" "$build/compile_commands.json" || continue
  case $file in *"$filter"*) ;; *) continue ;; esac
  # shellcheck disable=SC2086 # a list of names without blanks
  key=$({ echo "$version"; cat .clang-tidy "$file" $others; } | sha256sum | cut -c 1-64)
  if [ -e "$cache/$key" ]; then
    touch "$cache/$key"
    passed=$((passed + 1))
  else
    echo "$file $cache/$key" >>"$work/tidy"
  fi
done <"$work/includes"

# 3. The rest in groups of equal options, by lint_group.sh.
awk -v root="$PWD/" -v groups="$work/groups" -v each="${LINT_EACH:-no}" -v largest=64 '
  NR == FNR { mark[$1] = $2; next }
  /^  "directory": / { directory = $0 }
  /^  "command": / { command = $0; sub(/ -o .*/, "", command) }
  /^  "file": / {
    split($0, quoted, "\"")
    file = substr(quoted[4], length(root) + 1)
    if (!(file in mark)) next
    if (each == "yes" || !(command in group) || size[group[command]] == largest) {
      group[command] = ++count
      printf "[\n{\n%s\n%s @FOLDERS@ -c @FILE@\",\n  \"file\": \"@FILE@\"\n}\n]\n", directory, command \
        >(groups "/" count ".command")
    }
    size[group[command]]++
    print file, mark[file] >(groups "/" group[command] ".files")
  }' "$work/tidy" "$build/compile_commands.json"

# As many at a time as there are processors, the largest first. g++'s warnings are g++'s business.
checked=$(wc -l <"$work/tidy")
echo "clang-tidy: $checked files to check, $((passed - $(wc -l <"$work/format") + failed)) unchanged since they passed"
find "$work/groups" -name '*.files' -size +0 -printf '%s %p\n' | sort -rn | sed 's/^[0-9]* //; s/[.]files$//' |
  xargs -r -P "$(nproc)" -I GROUP sh test/lint_group.sh "$build" GROUP "$work/failed"
bad=$(find "$work/failed" -type f | wc -l)
passed=$((passed + checked - bad))
failed=$((failed + bad))

find "$cache" -type f -mtime +30 -delete
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
