#!/bin/sh
# Formatting, layers, words and clang-tidy over the project's own sources: lint.sh BUILD_FOLDER [path filter]
#
# clang-tidy reads many sources together, because most of its time goes into the headers that they share. With
# LINT_EACH=yes it reads each source alone: only that finds an unused namespace alias and a missing #include.
#
# A file that passed clang-tidy is not read again until it, a project header that it includes, .clang-tidy or
# clang-tidy itself changes. Ends with "N passed, N failed"; a case is a file.
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

# 1. Formatting: one quick run over all files; only if it fails, one run per file.
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

# 2. The layers of the libraries.
if grep -E '^lib(topo|pgtid)/' "$work/own" | xargs awk -f test/lint_layers.awk libtopo/layers.txt; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
fi

# 3. Words that readers of a manual would stumble over.
words_in() {  # FOLDER…
  grep -rniwF -f test/banned_words.txt --exclude-dir=data --exclude-dir=node_modules \
    --include='*.cpp' --include='*.h' --include='*.md' --include='*.ts' --include='*.tsx' --include='*.mjs' \
    --include='*.sh' --include='*.awk' --include='*.cmake' --include=CMakeLists.txt --include='*.txt' --exclude=banned_words.txt "$@"
}
if words_in README.md .github apps cmake conf libpgtid libtopo test web; then
  echo "test/banned_words.txt lists these words: reword the lines above" >&2
  failed=$((failed + 1))
else
  passed=$((passed + 1))
fi

# 4. A logger that formats by itself compiles all of fmt in each source that calls it: 2.5 seconds and 80 KB.
if grep -rlPz 'log\w*(\(\))?(\.|->)\w+\(\s*(\w+(::\w+)*, )?"[^"]*\{[^"]*"\s*[,"]' \
  --include='*.cpp' --include='*.h' apps libpgtid libtopo; then
  echo "Write log.warn(fmt::format(...)) in the sources above" >&2
  failed=$((failed + 1))
else
  passed=$((passed + 1))
fi

# 5. A header begins with a line that says what it is for.
if grep -E '\.h$' "$work/own" | xargs awk 'FNR == 1 && !/^\/\/ [A-Za-z]/ { print FILENAME ": no first line that says what it is for"; bad = 1 }
  END { exit bad }'; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
fi

# 6. Statements for servers are in mysql/, those for the backend in store/; messages may name statements in other ways.
if grep -E '^(apps|libtopo)/' "$work/own" | grep -vE '^libtopo/(src|include/topo)/(mysql|store)/' |
  xargs grep -nE '"(SELECT|SHOW|SET|KILL|STOP|START|FLUSH|INSERT|UPDATE|DELETE|CREATE|DROP) [A-Za-z@({]'; then
  echo "Move the statements above to libtopo's mysql (servers) or store (backend)" >&2
  failed=$((failed + 1))
else
  passed=$((passed + 1))
fi

# 7. The project headers that each source includes, directly or indirectly. Names are matched by their end
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
unchanged=0
while read -r file others; do
  # All that it compiles is Catch2 itself.
  [ "$file" != test/catch_main.cpp ] || continue
  # Sources of the consumer and of disabled parts are in no compilation database.
  grep -qF "/$file\"" "$build/compile_commands.json" || continue
  case $file in *"$filter"*) ;; *) continue ;; esac
  # shellcheck disable=SC2086 # a list of names without blanks
  key=$({ echo "$version"; cat .clang-tidy "$file" $others; } | sha256sum | cut -c 1-64)
  if [ -e "$cache/$key" ]; then
    touch "$cache/$key"
    passed=$((passed + 1))
    unchanged=$((unchanged + 1))
  else
    echo "$file $cache/$key" >>"$work/tidy"
  fi
done <"$work/includes"

# 8. The rest, in groups, by lint_group.sh: the code, the unit tests, all other tests. A group has the definitions and
# folders of all sources, but a source with a folder of its own, which may hide headers of the others, is read alone.
awk -v root="$PWD/" -v groups="$work/groups" -v each="${LINT_EACH:-no}" -v largest=160 '
  # `own`: the options of the preprocessor; `rest`: the command without them.
  function split_command(command,   i, n, words, option) {
    own = rest = ""
    has_own_folder = 0
    n = split(command, words, " ")
    for (i = 1; i <= n; i++) {
      if (words[i] !~ /^-([DI]|isystem$|include$)/) { rest = rest " " words[i]; continue }
      option = words[i]
      if (words[i] ~ /^-i/) option = option " " words[++i]
      own = own " " option
      uses[option] += pass == 1
      if (uses[option] == 1) {
        if (pass == 1) order[++options] = option
        else if (option ~ /^-I/) has_own_folder = 1
      }
    }
  }
  function start_group(options) {
    printf "[\n{\n%s\n%s%s @FOLDERS@ -c @FILE@\",\n  \"file\": \"@FILE@\"\n}\n]\n", directory, rest, options \
      >(groups "/" ++group_count ".command")
    return group_count
  }
  !pass { mark[$1] = $2; next }
  /^  "directory": / { directory = $0 }
  /^  "command": / { sub(/ -o .*/, ""); split_command($0) }
  /^  "file": / && pass == 2 {
    split($0, quoted, "\"")
    file = substr(quoted[4], length(root) + 1)
    if (!(file in mark) || file in grouped) next
    grouped[file]
    kind = file ~ /^test\/(unit|fuzz|requests)\// ? "unit" : file ~ /^test\// ? "test" : "code"
    if (each == "yes" || has_own_folder) {
      group = start_group(own)
    } else {
      if (size[kind]++ % largest == 0) {
        all = ""
        for (i = 1; i <= options; i++) if (order[i] !~ /^-I/ || uses[order[i]] > 1) all = all " " order[i]
        shared[kind] = start_group(all)
      }
      group = shared[kind]
    }
    print file, mark[file] >(groups "/" group ".files")
  }' "$work/tidy" pass=1 "$build/compile_commands.json" pass=2 "$build/compile_commands.json"

# One group per processor at a time, the largest first. Warnings of g++ are left to g++.
checked=$(wc -l <"$work/tidy")
echo "clang-tidy: $checked files to check, $unchanged unchanged since they passed"
find "$work/groups" -name '*.files' -size +0 -printf '%s %p\n' | sort -rn | sed 's/^[0-9]* //; s/[.]files$//' |
  xargs -r -P "$(nproc)" -I GROUP sh test/lint_group.sh "$build" GROUP "$work/failed"
bad=$(find "$work/failed" -type f | wc -l)
passed=$((passed + checked - bad))
failed=$((failed + bad))

find "$cache" -type f -mtime +30 -delete
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
