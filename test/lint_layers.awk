# Reports each #include that breaks the order of libtopo/layers.txt: awk -f lint_layers.awk layers.txt SOURCE…
# Exits with 1 if there is one.
FILENAME == ARGV[1] {
  if (/^#/ || NF == 0) next
  ++level
  for (i = 1; i <= NF; i++) level_of[$i] = level
  next
}

function folder_of(path) {
  sub(/^libtopo\/(include\/topo|src)\//, "", path)
  sub(/^topo\//, "", path)
  if (path !~ /\//) return "context"
  sub(/\/.*/, "", path)
  return path
}

function complain(text) {
  printf "%s:%d: %s\n", FILENAME, FNR, text
  failed = 1
}

/^ *# *include *"/ {
  split($0, quoted, "\"")
  name = quoted[2]
  if (FILENAME ~ /^libpgtid\//) {
    if (name ~ /^(topo|common|http|cli)\//) complain("libpgtid includes " name)
    next
  }
  if (FILENAME !~ /^libtopo\//) next
  if (name ~ /^pgtid\//) next
  if (name ~ /^(common|http|cli)\//) { complain("libtopo includes " name); next }
  from = folder_of(FILENAME)
  to = folder_of(name)
  if (!(from in level_of)) { complain("the folder " from " is not in libtopo/layers.txt"); nextfile }
  if (!(to in level_of)) { complain("the folder " to " of " name " is not in libtopo/layers.txt"); next }
  if (to != from && level_of[to] >= level_of[from]) complain(from " includes " name ", which is not below it")
}

END { exit failed }
