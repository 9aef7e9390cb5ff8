# Tests the installed completion: bash completion.bash FILE
# shellcheck source=/dev/null
source "$1"
# Only possible while bash completes.
# shellcheck disable=SC2317 # called by the completion
compopt() { :; }
cd "$(mktemp -d)" && touch file.json || exit 1
failed=0

completes() {  # EXPECTED WORD…: the last word is completed; EXPECTED are the proposals
  local expected=$1
  shift
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _orchestrator "$1"
  [[ ${COMPREPLY[*]} == "$expected" ]] && return
  echo "$*: expected \"$expected\", got \"${COMPREPLY[*]}\""
  failed=1
}

completes "topology" orchestrator -c topo
completes "which-replicas" orchestrator --c which-rep
completes "find find-binlog-entry" orchestrator help find
completes "-dry-run" orchestrator -dr
completes "--dry-run" orchestrator --dr
completes "" orchestrator -i ""
completes "" orchestrator --s "h"
completes "" orchestrator -d "h"
completes "" orchestrator -duration ""
completes "file.json" orchestrator -config ""
completes "file.json" orchestrator --config = fil
completes "topology" orchestrator -c = topo
completes "true false" orchestrator -discovery =
completes "http cli help" orchestrator ""
completes "" orchestrator-http ""
completes "http cli help" /opt/a-b/orchestrator ""
rm -r "$PWD"
exit $failed
