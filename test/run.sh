#!/bin/sh
# Installs what the tests need, builds the tests, and runs them.
#
#   sh test/run.sh                   everything but fuzz, bench, long and mutate
#   sh test/run.sh PART [FILTER]     one of: lint unit timed system sanitizers asan tsan fuzz consumer web browser demo
#                                    bench long mutate
#
# FILTER is a test specification of Catch2 ("[store]", "a name*") for unit, system and the sanitizers, a part of a path
# for lint, the name of a benchmark for bench, and the name of a target for fuzz and long. `timed` is the part of
# `system` that needs the machine for itself. `sanitizers` is asan and tsan. `long` takes hours: ten million inputs for
# each fuzz target, all flavours of servers for each test, and a fault at each step of each operation. `mutate` puts as
# many faults into the code as FILTER says (default 100) and prints those that no unit test notices; it passes if at
# least 92 of 100 are caught. The last line is "N passed, N failed", followed by ", N skipped" if tests were skipped; the
# exit status is 0 only if nothing failed.
#
# ORCHESTRATOR_TEST_PARTS      the parts of "everything"
# ORCHESTRATOR_TEST_JOBS       parallel compile jobs (default: the number of processors)
# ORCHESTRATOR_TEST_INSTALL    no: install nothing
# ORCHESTRATOR_TEST_SEED       of the random choices of tests (default: another one in each run, which is printed)
# ORCHESTRATOR_TEST_FLAVOURS   servers to install and test with (default: all that the sandbox knows)
set -u
cd "$(dirname "$0")/.." || exit
root=$(pwd)
parts=${1:-${ORCHESTRATOR_TEST_PARTS:-lint unit web timed browser consumer demo system sanitizers}}
filter=${2:-}
jobs=${ORCHESTRATOR_TEST_JOBS:-$(nproc)}
work=$root/build/test
passed=0
failed=0
skipped=0
ahead=        # process id of build_ahead
built_ahead=  # presets that build_ahead builds

for part in $parts; do
  case $part in
    lint | unit | timed | system | sanitizers | asan | tsan | fuzz | consumer | web | browser | demo | bench | long | mutate) ;;
    *) sed -n '2,/^set /{s/^# \{0,1\}//p;}' test/run.sh >&2; exit 2 ;;
  esac
done
mkdir -p "$work"


# --- Environment

install_all() {
  [ "${ORCHESTRATOR_TEST_INSTALL:-yes}" = yes ] || return 0
  bench=
  case " $parts " in *" bench "*) bench=bench ;; esac
  sh cmake/install_packages.sh build web browser test ask sandbox $bench || exit 1
}

# A time zone other than UTC, with a half-hour offset, and a locale with decimal commas if there can be one. The locale
# is made in the build folder, so that the system stays unchanged.
set_surroundings() {
  export TZ=Asia/Kolkata
  # Lets clones in other folders use what was compiled here.
  export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
  if [ ! -d "$work/locale/de_DE.UTF-8" ] && command -v localedef >/dev/null 2>&1; then
    mkdir -p "$work/locale"
    localedef -i de_DE -f UTF-8 "$work/locale/de_DE.UTF-8" >/dev/null 2>&1 || rm -rf "$work/locale/de_DE.UTF-8"
  fi
  if [ -d "$work/locale/de_DE.UTF-8" ]; then
    export LOCPATH="$work/locale" LC_ALL=de_DE.UTF-8
  else
    export LC_ALL=C.UTF-8
  fi
}

install_servers() {
  [ "${ORCHESTRATOR_TEST_INSTALL:-yes}" = yes ] || return 0
  # The sandbox prints which servers it could not install; their tests are skipped and say so.
  if [ -n "${ORCHESTRATOR_TEST_FLAVOURS:-}" ]; then
    # shellcheck disable=SC2086 # a list of names
    build/release/bin/orchestrator-sandbox install $ORCHESTRATOR_TEST_FLAVOURS
  else
    build/release/bin/orchestrator-sandbox install
  fi
}

build() {  # PRESET [TARGET…]; compiler messages are in English
  preset=$1
  shift
  await_ahead "$preset"
  if ! LC_ALL=C.UTF-8 cmake --preset "$preset" >"$work/$preset.log" 2>&1 ||
     ! LC_ALL=C.UTF-8 cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"} >>"$work/$preset.log" 2>&1; then
    tail -n 60 "$work/$preset.log"
    echo "The $preset build failed; all of its output is in $work/$preset.log"
    return 1
  fi
}

# Builds what later parts need, at low priority beside tests that mostly wait. A failure recurs in the regular build,
# and is reported there.
build_ahead() {  # PRESET…
  rm -f "$work"/ahead.*
  built_ahead=$*
  for preset in $built_ahead; do
    LC_ALL=C.UTF-8 cmake --preset "$preset"
    set --
    case $preset in
      asan | tsan) set -- --target unit_tests system_tests ;;
      release)
        # The servers are downloaded while the rest is built.
        LC_ALL=C.UTF-8 cmake --build --preset release -j "$jobs" --target orchestrator-sandbox
        install_servers &
        ;;
    esac
    LC_ALL=C.UTF-8 nice -n 19 cmake --build --preset "$preset" -j "$jobs" "$@"
    wait
    : >"$work/ahead.$preset"
  done >"$work/ahead.log" 2>&1 &
  ahead=$!
}

await_ahead() {  # PRESET
  case " $built_ahead " in *" $1 "*) ;; *) return ;; esac
  while [ -n "$ahead" ] && [ ! -e "$work/ahead.$1" ]; do
    kill -0 "$ahead" 2>/dev/null || ahead=
    sleep 1
  done
}

# --- Counting

check() {  # NAME COMMAND…: one test case
  name=$1
  shift
  if "$@"; then
    echo "ok: $name"
    part_passed=$((part_passed + 1))
  else
    echo "FAILED: $name" | tee -a "$work/failures"
    part_failed=$((part_failed + 1))
  fi
}

# Runs a command, shows its output and keeps it in $work/output; returns its exit status.
shown() {
  { "$@" 2>&1; echo $? >"$work/status"; } | tee "$work/output"
  return "$(cat "$work/status")"
}

# Adds up the results of a program run by `shown`, from the summary of Catch2, TAP or lint.sh. A program that fails
# without a counted failure has crashed or hung: one more failure.
count() {
  status=$(cat "$work/status")
  counted=$(awk '
    /^All tests passed \(/ { sub(/.* in /, ""); passed += $1 }
    /^test cases: / {
      for (i = 2; i <= NF; i++) {
        if ($i == "passed") passed += $(i - 1)
        if ($i ~ /^failed/) if ($(i + 1) == "as") passed += $(i - 1); else failed += $(i - 1)
      }
    }
    /^# pass [0-9]+$/ { passed += $3 }
    /^# fail [0-9]+$/ { failed += $3 }
    /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 }
    /^ *([Ss]kipped|SKIPPED): / { skipped++ }
    END { print passed + 0, failed + 0, skipped + 0 }' "$work/output")
  # shellcheck disable=SC2086 # three numbers
  set -- $counted
  [ "$status" -eq 0 ] || [ "$2" -gt 0 ] || { echo "FAILED: ended with status $status"; set -- "$1" 1 "$3"; }
  part_passed=$((part_passed + $1))
  part_failed=$((part_failed + $2))
  part_skipped=$((part_skipped + $3))
  [ "$2" -eq 0 ] || grep -E '^FAILED: |: FAILED:$|^ *not ok |: error: |clang-format -i it$' "$work/output" |
    head -n 20 >>"$work/failures"
}

# Runs a test program; NAME distinguishes those that run at the same time. The times of its tests go to $work/times, all
# other output is printed.
timed_tests() {  # NAME SECONDS PROGRAM [SPECIFICATION…]
  status_file=$work/$1.status
  limit=$2
  build=$(basename "$(dirname "$(dirname "$3")")")
  shift 2
  # Hung tests get SIGTERM first, so that they remove their servers, and then SIGKILL.
  { timeout -k 20 "$limit" "$@" --durations yes 2>&1; echo $? >"$status_file"; } |
    awk -v times="$work/times" -v build="$build" '
      /^[0-9.]+ s: / { print $1, build ": " substr($0, index($0, ": ") + 2) >>times; next }
      { print; fflush() }'
  return "$(cat "$status_file")"
}

catch2() {  # SECONDS PROGRAM [SPECIFICATION…]
  shown timed_tests tests "$@"
  count
}

# Runs several programs at once, as tests that start servers mostly wait. Prints each output after all have ended.
side_by_side() {  # SECONDS PROGRAM SPECIFICATION, again for each
  number=0
  programs=
  while [ $# -gt 0 ]; do
    number=$((number + 1))
    timed_tests "side.$number" "$1" "$2" "$3" >"$work/side.$number" 2>&1 &
    programs="$programs $!"
    shift 3
  done
  # shellcheck disable=SC2086 # a list of numbers
  wait $programs
  for at in $(seq "$number"); do
    shown sh -c 'cat "$0"; exit "$(cat "$0.status")"' "$work/side.$at"
    count
  done
}

# The ten slowest test cases. Catch2 reports each run of a test case with sections, and the sections, too.
print_slowest() {
  for program in build/release/bin/unit_tests build/release/bin/system_tests; do
    [ ! -x "$program" ] || "$program" --list-test-names-only
  done >"$work/names"
  [ -s "$work/times" ] || return 0
  printf '\nThe slowest tests, in seconds:\n'
  awk '
    NR == FNR { names[$0]; next }
    substr($0, index($0, ": ") + 2) in names { test = substr($0, index($0, " ") + 1); total[test] += $1 }
    END { for (test in total) printf "%.1f %s\n", total[test], test }' "$work/names" "$work/times" |
    sort -rn | head -n 10
}

# What failed, once more: the place where it was printed may be thousands of lines above.
print_failures() {
  [ ! -s "$work/failures" ] || { printf '\nFailed:\n' && cat "$work/failures"; }
}

# --- Parts

part_lint() {
  # Sources of the consumer and of disabled parts are formatted like all others, but are not in this build.
  cmake --preset debug >"$work/debug.log" 2>&1 || { cat "$work/debug.log"; return 1; }
  shown env LC_ALL=C.UTF-8 sh test/lint.sh build/debug "$filter"
  count
}

part_unit() {
  build release unit_tests || return 1
  # The unit tests have one thread: the rest of the build runs now, before tests that need the machine for themselves.
  case " $parts " in *" timed "*) build_ahead release ;; esac
  catch2 300 build/release/bin/unit_tests ${filter:+"$filter"}
}

part_timed() {
  build release || return 1
  install_servers
  catch2 300 build/release/bin/system_tests '[timed]'
  later=
  case " $parts " in *" sanitizers "*) later="asan tsan" ;; esac
  for preset in asan tsan fuzz; do
    case " $parts " in *" $preset "*) later="$later $preset" ;; esac
  done
  # shellcheck disable=SC2086 # a list of names
  build_ahead $later
}

part_system() {
  if [ -n "$filter" ]; then
    build release || return 1
    install_servers
    catch2 1800 build/release/bin/system_tests "$filter"
    return
  fi
  case " $parts " in *" timed "*) ;; *) part_timed || return 1 ;; esac
  # Five programs that take about the same time.
  set --
  others='~[.]~[timed]'
  for tags in 'auto backend trouble returned' 'pgtid login names' 'store continuous discovery sandbox' 'refactor fault'; do
    specification=
    for tag in $tags; do specification="${specification:+$specification,}[$tag]$others"; done
    for tag in $tags; do others="$others~[$tag]"; done
    set -- "$@" 1800 build/release/bin/system_tests "$specification"
  done
  side_by_side "$@" 1800 build/release/bin/system_tests "$others"
}

# asan: memory errors and undefined behaviour; fuzzing among the unit tests, and the store on real backends. [large]
# tests, which are about proportional run times, are left out. tsan: data races; the program's own threads, and discovery
# while servers are killed and restarted. Slow tests with a single thread are left out. A filter is that of all programs.
sanitized() {  # PRESET…
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=second_deadlock_stack=1
  presets=$*
  set --
  for preset in $presets; do
    build "$preset" unit_tests system_tests || return 1
    case $preset in
      asan)
        unit='~[.]~[large]~[refactor]' system='[store]'
        # These take as long as all others.
        [ -n "$filter" ] || set -- "$@" 900 "build/$preset/bin/unit_tests" '[refactor]~[.]~[large]' ;;
      tsan) unit='~[.]~[topology]~[large]~[one-thread]' system='[discovery],[threads]' ;;
    esac
    set -- "$@" 900 "build/$preset/bin/unit_tests" "${filter:-$unit}" \
      900 "build/$preset/bin/system_tests" "${filter:-$system}"
  done
  side_by_side "$@"
}

part_asan() {
  sanitized asan
}

part_tsan() {
  sanitized tsan
}

part_sanitizers() {
  sanitized asan tsan
}

# libFuzzer chooses inputs by the code that they reach, for the targets of test/fuzz; the unit tests change inputs at
# random. Two targets at a time, as each has one thread.
fuzz_targets() {  # LIMIT: an option of libFuzzer
  if ! command -v clang++ >/dev/null 2>&1; then
    echo "SKIPPED: libFuzzer needs clang; the unit tests call its targets, too"
    part_skipped=$((part_skipped + 1))
    return 0
  fi
  build fuzz || return 1
  mkdir -p "$work/fuzz"
  for targets in "names requests" "server_packets configuration"; do
    for target in $targets; do
      case $target in *"$filter"*) fuzz_target "$target" "$1" & ;; esac
    done
    wait
    for target in $targets; do
      case $target in *"$filter"*) check "$target: $1" is_fuzzed "$target" ;; esac
    done
  done
}

fuzz_target() {  # TARGET LIMIT; all output goes to a file
  program=build/fuzz/bin/fuzz_$1
  folder=$work/fuzz/$1
  rm -rf "$folder" && mkdir -p "$folder/found" && "$program" seeds "$folder/inputs" &&
    "$program" "$2" -seed=15 -timeout=300 -max_len=4096 -dict="$folder/inputs.dictionary" -print_final_stats=1 \
      -artifact_prefix="$folder/found/" "$folder/inputs" >"$folder/log" 2>&1
  echo $? >"$folder/status"
}

is_fuzzed() {  # TARGET
  folder=$work/fuzz/$1
  grep -E '^stat::(number_of_exec|average_exec)' "$folder/log"
  [ "$(cat "$folder/status")" = 0 ] || { tail -n 40 "$folder/log"; return 1; }
}

part_fuzz() {
  fuzz_targets -max_total_time=5
}

# Tests that take too long for every day.
part_long() {
  fuzz_targets -runs=10000000 || return 1
  [ -z "$filter" ] || return 0
  # The release preset compiles many sources together; each compiles alone, too.
  check "each source compiles alone" build debug || return 1
  build release || return 1
  # A million clusters.
  FUZZ_FACTOR=63 catch2 14400 build/release/bin/unit_tests '[succession-model]' || return 1
  install_servers
  # The daily run takes one flavour for each test that takes long.
  export ORCHESTRATOR_TEST_ALL_FLAVOURS=yes
  catch2 14400 build/release/bin/system_tests '~[.]~[timed]'
  catch2 14400 build/release/bin/system_tests '[all-faults]'
}

part_mutate() {
  shown sh test/mutate.sh ${filter:+"$filter"}
  tail -n 1 "$work/output" | awk '{ printf "caught: %d of %d\n", $1, $1 + $3 }'
  check "at least 92 of 100 faults are caught" [ "$(cat "$work/status")" -eq 0 ]
}

part_web() {
  if ! command -v npm >/dev/null 2>&1; then
    echo "SKIPPED: the web interface needs Node.js and npm"
    part_skipped=$((part_skipped + 1))
    return 0
  fi
  build release web || return 1
  bundle=build/release/share/orchestrator/web
  set --
  for module in tree model display names bidi pseudonyms navigation anonymous-addresses layout rhythm moves plans progress; do
    set -- "$@" "web/src/$module.ts"
  done
  rm -rf "$work/web"
  web/node_modules/.bin/esbuild "$@" --bundle --format=esm --platform=neutral --main-fields=module,main \
    --log-level=warning --outdir="$work/web" --out-extension:.js=.mjs || return 1
  export ORCHESTRATOR_WEB_MODULES="$work/web"
  shown node --test --test-reporter=tap test/web/*.test.mjs
  count
  # Names of XML namespaces look like addresses, but are never requested.
  check "the page asks no other host for anything" \
    sh -c '! grep -rhoE "(https?:)?//[a-z0-9.-]+\.[a-z]{2,}" "$0" |
      grep -v -e "^//# sourceMappingURL" -e "^http://www[.]w3[.]org\$"' "$bundle"
  check "the packages are locked without naming a registry" \
    sh -c '! grep -n "\"resolved\"" web/package-lock.json'
}

# The pages in a real browser, with real servers. Saves pictures of all pages in build/screenshots.
part_browser() {
  for program in npm chromium; do
    if ! command -v $program >/dev/null 2>&1; then
      echo "SKIPPED: testing pages in a browser needs $program"
      part_skipped=$((part_skipped + 1))
      return 0
    fi
  done
  build release programs web || return 1
  install_servers
  rm -rf build/screenshots
  shown timeout -k 20 600 node --test --test-reporter=tap test/web/browser/*.test.mjs
  count
}

# Installs the project, then builds and runs a consumer that uses only the installed files.
part_consumer() {
  bundle=
  command -v npm >/dev/null 2>&1 && bundle=web
  build release programs $bundle || return 1
  prefix=$work/prefix
  rm -rf "$prefix" "$work/consumer"
  shown cmake --install build/release --prefix "$prefix" >/dev/null || { cat "$work/output"; return 1; }
  for program in orchestrator orchestrator-http orchestrator-discovery; do
    check "$program is installed" test -x "$prefix/bin/$program"
  done
  check "the sample configuration is installed" test -r "$prefix/share/orchestrator/conf/orchestrator.conf.json"
  for script in create-or-replace-view drop-view drop-view-and-status-row; do
    check "$script.sql is installed" test -r "$prefix/share/orchestrator/conf/pseudo-gtid/$script.sql"
  done
  for page in man1/orchestrator.1 man5/orchestrator.conf.json.5 man8/orchestrator-http.8 man8/orchestrator-discovery.8; do
    check "the man page $page is installed" test -s "$prefix/share/man/$page"
  done
  check "bash completes commands and flags" \
    bash test/consumer/completion.bash "$prefix/share/bash-completion/completions/orchestrator"
  check "the consumer builds on what is installed" sh -c '
    { cmake -S test/consumer -B "$0/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$0/prefix" -DCMAKE_BUILD_TYPE=Release &&
      cmake --build "$0/consumer"; } >"$0/consumer.log" 2>&1 || { cat "$0/consumer.log"; exit 1; }' "$work"
  check "the consumer prints a real topology" consumer_prints
}

consumer_prints() {
  sandbox=build/release/bin/orchestrator-sandbox
  folder=$work/consumer-servers
  "$sandbox" start --folder "$folder" --flavour mariadb-10.11 --tree "a > b > c" >"$work/servers" || return 1
  address() { awk -v name="$1" '$1 == name { print $2 }' "$work/servers"; }
  printf '%s\n' "$(address a)" "+ $(address b)" "  + $(address c)" >"$work/expected"
  (cd "$work" && rm -f known_servers.sqlite3* && ./consumer/print_topology "$(address b)" orchestrator orch_pass) \
    >"$work/printed"
  printed=$?
  "$sandbox" stop --folder "$folder" --remove >"$work/output" 2>&1 || { cat "$work/output"; return 1; }
  cat "$work/printed"
  # Only the tree is compared; unit tests cover the text in brackets.
  [ "$printed" -eq 0 ] && sed 's/ *\[.*//' "$work/printed" | diff "$work/expected" -
}

# The README's first command, twice, and its end. A demo that the user already runs is left alone.
part_demo() {
  build release programs || return 1
  if [ -e build/demo ]; then
    echo "SKIPPED: a demo is there already (sh cmake/quickstart.sh stop ends it)"
    part_skipped=$((part_skipped + 1))
    return 0
  fi
  check "the demo starts" sh cmake/quickstart.sh demo
  check "it may be repeated, and starts nothing twice" demo_repeats
  check "it is ended, and nothing is left" demo_ends
}

demo_repeats() {
  before=$(cat build/demo/http.pid)
  sh cmake/quickstart.sh demo >"$work/output" || return 1
  cat "$work/output"
  [ "$(cat build/demo/http.pid)" = "$before" ] && [ "$(grep -c '\[OK,' "$work/output")" -eq 6 ]
}

# A process that has ended has no command line, even if its parent has not noticed yet.
demo_ends() {
  pid=$(cat build/demo/http.pid)
  sh cmake/quickstart.sh stop && ! grep -qs . "/proc/$pid/cmdline" && [ ! -e build/demo ] &&
    ! grep -lsF "$root/build/demo" /proc/[0-9]*/cmdline
}

part_bench() {
  build release all benches || return 1
  for program in build/release/bin/bench_*; do
    case $program in *"$filter"*) ;; *) continue ;; esac
    check "$(basename "$program")" "$program"
  done
  case bench_pages in *"$filter"*) ;; *) return 0 ;; esac
  if command -v npm >/dev/null 2>&1 && command -v chromium >/dev/null 2>&1; then
    build release web || return 1
    check bench_pages node test/bench/pages.mjs
  else
    echo "SKIPPED: measuring pages needs npm and chromium"
    part_skipped=$((part_skipped + 1))
  fi
}

# --- Main

install_all
set_surroundings
export ORCHESTRATOR_TEST_SEED="${ORCHESTRATOR_TEST_SEED:-$(date +%s)}"
echo "Random choices: ORCHESTRATOR_TEST_SEED=$ORCHESTRATOR_TEST_SEED"
rm -f "$work/times" "$work/failures"
for part in $parts; do
  printf '\n=== %s\n' "$part"
  began=$(date +%s)
  part_passed=0
  part_failed=0
  part_skipped=0
  # A part that cannot even begin counts as one failure.
  "part_$part" || part_failed=$((part_failed + 1))
  [ $((part_passed + part_failed + part_skipped)) -gt 0 ] || { echo "FAILED: no test ran" | tee -a "$work/failures"; part_failed=1; }
  echo "--- $part: $part_passed passed, $part_failed failed, $part_skipped skipped in $(($(date +%s) - began)) s"
  passed=$((passed + part_passed))
  failed=$((failed + part_failed))
  skipped=$((skipped + part_skipped))
done

print_slowest
print_failures
echo
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
