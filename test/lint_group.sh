#!/bin/sh
# lint_group.sh BUILD_FOLDER GROUP FAILED
#
# clang-tidy over sources that lint.sh has put together: GROUP.files lists them with their marks in the cache,
# GROUP.command is the entry of the compilation database, with @FILE@ for what is read and @FOLDERS@ for where it is
# from. Where something is found, or two sources use one name, each half is read, and so on. A file in the folder FAILED
# for each source that does not pass.
set -u
build=$1
group=$2
failed=$3

tidy() {
  clang-tidy --config-file=.clang-tidy --quiet --extra-arg=-Wno-error --extra-arg=-Wno-unknown-warning-option "$@" 2>&1
}

read_together() {  # LIST
  mkdir "$1.d"
  while read -r file _; do
    # After a definition an #include is not taken for a repeated one.
    printf '#define NEXT_SOURCE\n#undef NEXT_SOURCE\n#line 1 "%s"\n' "$PWD/$file"
    cat "$file"
  done <"$1" >"$1.d/group.cpp"
  folders=$(sed 's|/[^/]* .*||' "$1" | sort -u | sed "s|^|-iquote $PWD/|" | tr '\n' ' ')
  sed "s|@FILE@|$1.d/group.cpp|g; s|@FOLDERS@|$folders|" "$group.command" >"$1.d/compile_commands.json"
  # One quick check tells whether they can be read together at all.
  tidy '--checks=-*,misc-new-delete-overloads' -p "$1.d" "$1.d/group.cpp" >/dev/null &&
    tidy -p "$1.d" "$1.d/group.cpp" >/dev/null
}

read_list() {  # LIST
  count=$(wc -l <"$1")
  if [ "$count" -gt 1 ]; then
    if read_together "$1"; then
      while read -r _ mark; do : >"$mark"; done <"$1"
      return
    fi
    head -n $((count / 2)) "$1" >"$1.1"
    tail -n +$((count / 2 + 1)) "$1" >"$1.2"
    read_list "$1.1"
    read_list "$1.2"
    return
  fi
  read -r file mark <"$1"
  if output=$(tidy -p "$build" "$file"); then
    : >"$mark"
  else
    printf '%s\n' "$output" | grep -v 'warnings generated\|^Suppressed\|^Use -header-filter'
    mktemp -p "$failed" >/dev/null
  fi
}

read_list "$group.files"
