#!/bin/sh
# Puts faults into code that decides, one at a time, and prints those that no unit test notices: mutate.sh [NUMBER]
#
# The faults: comparisons and their ends, "and" for "or", a "not" left out, conditions that always or never hold, other
# results, calls left out. NUMBER of them (default 100) are chosen by ORCHESTRATOR_TEST_SEED. They are put into a copy of
# the sources in build/mutate; a fault that does not compile is replaced by another one. The last line is
# "N passed, N failed": caught, and not caught.
set -eu
cd "$(dirname "$0")/.."
number=${1:-100}
seed=${ORCHESTRATOR_TEST_SEED:-$(date +%s)}
work=$PWD/build/mutate
copy=$work/source
build=$work/build
mkdir -p "$work"

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

# Files keep their times, so that a second run compiles only what has changed.
git ls-files >"$work/files"
rm -rf "$copy"
mkdir -p "$copy"
tar -cf - --ignore-failed-read -T "$work/files" | tar -xf - -C "$copy"

build_tests() {
  cmake --build "$build" --target unit_tests >"$work/build.log" 2>&1
}

cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG= -DORCHESTRATOR_BUILD_WEB=OFF \
  >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; exit 1; }
build_tests || { tail -n 40 "$work/build.log"; exit 1; }

# One line for each possible fault: file, line number, kind, and the changed line.
printf '%s\n' "$targets" | while read -r path tests; do
  [ -n "$path" ] || continue
  find "$copy/${path%/}" -name '*.cpp' | sed "s|^$copy/||" | LC_ALL=C sort | while read -r file; do
    awk -v file="$file" -v tests="$tests" '
      function put(kind, text) { if (text != $0) printf "%s\t%d\t%s\t%s\t%s\n", file, NR, tests, kind, text }
      function swap(kind, from, to,   at) {
        at = index($0, from)
        if (at) put(kind, substr($0, 1, at - 1) to substr($0, at + length(from)))
      }
      /^ *(\/\/|#|\*)/ || /static_assert|constexpr|template|"/ { next }
      {
        swap("equal", " == ", " != "); swap("equal", " != ", " == ")
        swap("end", " <= ", " < "); swap("end", " >= ", " > "); swap("end", " < ", " <= "); swap("end", " > ", " >= ")
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
      /^ +[a-z_.>-]+\(.*\);$/ && !/return|throw/ { put("call", "  ;") }' "$copy/$file"
  done
done >"$work/all"
awk -v seed="$seed" 'BEGIN { srand(seed) } { printf "%.9f\t%s\n", rand(), $0 }' "$work/all" | sort -n | cut -f 2- >"$work/chosen"
echo "$(wc -l <"$work/all") possible faults, seed $seed"

caught=0
missed=0
tab=$(printf '\t')
while IFS=$tab read -r file line tests kind text; do
  [ $((caught + missed)) -lt "$number" ] || break
  cp "$copy/$file" "$work/kept"
  awk -v line="$line" -v text="$text" 'NR == line { print text; next } { print }' "$work/kept" >"$copy/$file"
  if ! build_tests; then
    cp "$work/kept" "$copy/$file"
    continue
  fi
  # A fault may make a test hang.
  if timeout 120 "$build/bin/unit_tests" --filenames-as-tags --abort "$tests" >/dev/null 2>&1 &&
     timeout 600 "$build/bin/unit_tests" --abort '~[large]' >/dev/null 2>&1; then
    missed=$((missed + 1))
    echo "NOT CAUGHT ($kind) $file:$line, after $caught that were caught"
    echo "  - $(sed -n "${line}p" "$work/kept" | sed 's/^ *//')"
    echo "  + $(echo "$text" | sed 's/^ *//')"
  else
    caught=$((caught + 1))
  fi
  cp "$work/kept" "$copy/$file"
done <"$work/chosen"
build_tests || true
echo "$caught passed, $missed failed"
# A few faults change nothing that can be seen.
[ $((caught * 100)) -ge $(((caught + missed) * 92)) ]
