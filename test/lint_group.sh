#!/bin/sh
# lint_group.sh BUILD_FOLDER GROUP FAILED
#
# clang-tidy over sources that lint.sh has put together: GROUP.files lists them with their marks in the cache,
# GROUP.command is the entry of the compilation database, with @FILE@ for what is read and @FOLDERS@ for where it is
# from. Sources that define what an earlier one does are read by themselves; where something is found, each half is
# read, and so on. A file in the folder FAILED for each source that does not pass.
set -u
build=$1
group=$2
failed=$3

tidy() {
  clang-tidy --config-file=.clang-tidy --quiet --extra-arg=-Wno-error --extra-arg=-Wno-unknown-warning-option "$@" 2>&1
}

# The sources as one, group.cpp, and in `starts` the lines at which they start there.
put_together() {  # LIST
  rm -rf "$1.d"
  mkdir "$1.d"
  # After a definition an #include is not taken for a repeated one. Programs have a main() each.
  awk -v starts="$1.d/starts" '
    {
      print written + 1 >starts
      print "#undef main\n#define main main_" NR
      written += 2
      while ((getline line <$1) > 0) { print line; written++ }
      close($1)
    }' "$1" >"$1.d/group.cpp"
  folders=$(sed 's|/[^/]* .*||' "$1" | sort -u | sed "s|^|-iquote $PWD/|" | tr '\n' ' ')
  sed "s|@FILE@|$1.d/group.cpp|g; s|@FOLDERS@|$folders|" "$group.command" >"$1.d/compile_commands.json"
}

# Moves the sources that do not compile after the others, as LIST.d/output says, to LIST.alone.
set_apart() {  # LIST
  sed -n "s|^$1[.]d/group[.]cpp:\([0-9]*\):[0-9]*: error: .*\[clang-diagnostic-error\]$|\1|p" "$1.d/output" |
    sort -nu | awk -v list="$1" '
      FILENAME ~ /[.]d\/starts$/ { start[FNR] = $1; next }
      FILENAME == "-" { while (at < length(start) && start[at + 1] <= $1) at++; bad[at]; next }
      { print >(list (FNR in bad ? ".alone" : ".together")) }' "$1.d/starts" - "$1"
  [ -s "$1.alone" ] && [ -s "$1.together" ] && mv "$1.together" "$1"
}

tidy_together() {  # LIST
  put_together "$1"
  tidy --extra-arg=-ferror-limit=0 -p "$1.d" "$1.d/group.cpp" >"$1.d/output"
}

read_together() {  # LIST
  tidy_together "$1" && return
  set_apart "$1" || return
  read_list "$1.alone"
  tidy_together "$1"
}

read_list() {  # LIST
  if [ "$(wc -l <"$1")" -gt 1 ]; then
    if read_together "$1"; then
      while read -r _ mark; do : >"$mark"; done <"$1"
      return
    fi
    count=$(wc -l <"$1")
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
