#!/usr/bin/env bash
# compile_group.sh COMPILER ARGUMENT… GROUP
#
# GROUP includes several sources (see Groups.cmake). When they cannot be compiled together, mostly because two of
# them use the same name, the script splits them in halves recursively and links the objects into one.
set -euo pipefail
group=${!#}
for ((i = 1; i < $#; i++)); do
  [ "${!i}" != -o ] || { next=$((i + 1)); object=${!next}; }
done
folder=$object.parts
rm -rf "$folder"
mkdir -p "$folder"
trap 'rm -rf "$folder"' EXIT
count=0
parts=()

compile() {  # FILE SOURCE… includes the sources
  local file=$1
  shift
  if "${command[@]}" "$file" 2>"$folder/errors"; then
    cat "$folder/errors" >&2
    count=$((count + 1))
    mv "$object" "$folder/$count.o"
    cat "$object.d" >>"$folder/all.d"
    parts+=("$folder/$count.o")
  elif [ $# -eq 1 ]; then
    cat "$folder/errors" >&2
    exit 1
  else
    echo "not together: $(grep -m 1 'error:' "$folder/errors")"
    compile_half "${@:1:$#/2}"
    compile_half "${@:$#/2+1}"
  fi
}

compile_half() {  # SOURCE…
  local file=$folder/$1
  mkdir -p "${file%/*}"
  printf '#include "%s"\n' "$@" >"$file"
  compile "$file" "$@"
}

command=("${@:1:$#-1}")
mapfile -t sources < <(sed -n 's/^#include "\(.*\)"$/\1/p' "$group")
compile "$group" "${sources[@]}"
if [ "${#parts[@]}" -eq 1 ]; then mv "${parts[0]}" "$object"; else ld -r -o "$object" "${parts[@]}"; fi
mv "$folder/all.d" "$object.d"
