#!/bin/sh
# Puts faults into code that decides, one at a time, and prints those that no unit test notices: mutate.sh [NUMBER]
#
# The faults: comparisons and their ends, "and" for "or", a "not" left out, conditions that always or never hold, other
# results, calls left out. NUMBER of them (default 100) are chosen by ORCHESTRATOR_TEST_SEED. They are put into copies of
# the sources in build/mutate, one copy for each processor; a fault that does not compile is replaced by another one. The
# last line is "N passed, N failed": caught, and not caught.
set -eu
cd "$(dirname "$0")/.."
number=${1:-100}
seed=${ORCHESTRATOR_TEST_SEED:-$(date +%s)}
jobs=$(nproc)
work=$PWD/build/mutate
mkdir -p "$work"
rm -f "$work"/*.counts

# What may be changed, and the tests that concern it, which run first.
targets='
libpgtid/src/ [pgtid]
libtopo/src/model/ [model],[topology]
libtopo/src/topology/ [topology]
apps/common/access.cpp [#access_test]
apps/http/router.cpp [#router_test]
apps/http/target.cpp [#router_test]
apps/http/host_policy.cpp [#host_policy_test]
'

build_tests() {  # COPY JOBS
  CCACHE_BASEDIR=$1 CCACHE_NOHASHDIR=1 cmake --build "$1/build" -j "$2" --target unit_tests >"$1/build.log" 2>&1
}

# Only what differs is copied, so that a second run compiles no more than that. An interrupted run has left a fault.
git ls-files | LC_ALL=C sort >"$work/files"
for copy in $(seq "$jobs"); do
  source=$work/$copy/source
  mkdir -p "$source"
  while read -r file; do
    [ -e "$file" ] || continue
    cmp -s "$file" "$source/$file" && continue
    mkdir -p "$(dirname "$source/$file")"
    cp "$file" "$source/$file"
  done <"$work/files"
  (cd "$source" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | LC_ALL=C comm -23 - "$work/files" | xargs -r -d '\n' rm)
done
# What one copy has compiled, the others find in the compiler cache.
for copy in $(seq "$jobs"); do
  log=$work/$copy/build.log
  if ! cmake -S "$work/$copy/source" -B "$work/$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG= \
         -DORCHESTRATOR_BUILD_WEB=OFF >"$log" 2>&1 ||
     ! build_tests "$work/$copy" "$jobs"; then
    tail -n 40 "$log"
    exit 1
  fi
done

# One line for each possible fault: file, line number, kind, and the changed line.
printf '%s\n' "$targets" | while read -r path tests; do
  [ -n "$path" ] || continue
  find "$work/1/source/${path%/}" -name '*.cpp' | sed "s|^$work/1/source/||" | LC_ALL=C sort | while read -r file; do
    awk -v file="$file" -v tests="$tests" '
      function put(kind, text) { if (text != $0) printf "%s\t%d\t%s\t%s\t%s\n", file, NR, tests, kind, text }
      function swap(kind, from, to,   at) {
        at = index($0, from)
        if (at) put(kind, substr($0, 1, at - 1) to substr($0, at + length(from)))
      }
      /^ *(\/\/|#|\*)/ || /static_assert|constexpr|template|"/ { next }
      {
        swap("equal", " == ", " != "); swap("equal", " != ", " == ")
        # Where values differ, "<" and "<=" are the same.
        if (!/ != .*(\?|return) .* [<>]=? /) {
          swap("end", " <= ", " < "); swap("end", " >= ", " > ")
          swap("end", " < ", " <= "); swap("end", " > ", " >= ")
        }
        swap("and", " && ", " || "); swap("or", " || ", " && ")
        swap("not", "(!", "("); swap("not", " !", " ")
        swap("result", "return true;", "return false;"); swap("result", "return false;", "return true;")
        swap("result", "return {};", "throw 1;"); swap("one", " + 1", ""); swap("one", " - 1", "")
      }
      /^ *if \(.*\)( \{| return.*| continue;| break;)?$/ && !/;.*;/ {
        if (match($0, /if \(/)) {
          put("always", substr($0, 1, RSTART + 3) "true || " substr($0, RSTART + 4))
          put("never", substr($0, 1, RSTART + 3) "false && " substr($0, RSTART + 4))
        }
      }
      /^ +[a-z_.>-]+\(.*\);$/ && !/return|throw/ { put("call", "  ;") }' "$work/1/source/$file"
  done
done >"$work/all"
awk -v seed="$seed" 'BEGIN { srand(seed) } { printf "%.9f\t%s\n", rand(), $0 }' "$work/all" | sort -n | cut -f 2- >"$work/chosen"
echo "$(wc -l <"$work/all") possible faults, seed $seed"

# Every `jobs`th of the chosen faults.
put_faults() {  # COPY-NUMBER NUMBER-OF-FAULTS
  copy=$work/$1
  caught=0
  missed=0
  awk -v jobs="$jobs" -v mine="$1" 'NR % jobs == mine % jobs' "$work/chosen" >"$copy/chosen"
  while IFS=$tab read -r file line tests kind text; do
    [ $((caught + missed)) -lt "$2" ] || break
    cp "$copy/source/$file" "$copy/kept"
    awk -v line="$line" -v text="$text" 'NR == line { print text; next } { print }' "$copy/kept" >"$copy/source/$file"
    if build_tests "$copy" 1; then
      # A fault may make a test hang.
      if timeout 120 "$copy/build/bin/unit_tests" --filenames-as-tags --abort "$tests" >/dev/null 2>&1 &&
         timeout 600 "$copy/build/bin/unit_tests" --abort '~[large]' >/dev/null 2>&1; then
        missed=$((missed + 1))
        printf 'NOT CAUGHT (%s) %s:%s, after %d that were caught\n  - %s\n  + %s\n' "$kind" "$file" "$line" "$caught" \
          "$(sed -n "${line}p" "$copy/kept" | sed 's/^ *//')" "$(echo "$text" | sed 's/^ *//')"
      else
        caught=$((caught + 1))
      fi
    fi
    cp "$copy/kept" "$copy/source/$file"
  done <"$copy/chosen"
  build_tests "$copy" 1 || true
  echo "$caught $missed" >"$copy.counts"
}

tab=$(printf '\t')
for copy in $(seq "$jobs"); do
  put_faults "$copy" $(((number + copy - 1) / jobs)) &
done
wait
cat "$work"/*.counts | {
  caught=0
  missed=0
  while read -r one other; do
    caught=$((caught + one))
    missed=$((missed + other))
  done
  echo "$caught passed, $missed failed"
  # A few faults change nothing that can be seen.
  [ $((caught * 100)) -ge $(((caught + missed) * 92)) ]
}
