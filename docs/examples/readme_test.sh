#!/bin/sh
# Proves that the README's C++ is what can_receive.cc compiles.
set -eu
quoted=$(mktemp)
compiled=$(mktemp)
trap 'rm -f "$quoted" "$compiled"' EXIT
awk '/^```$/ {inside = 0} inside {print} /^```cpp$/ {inside = 1}' README.md >"$quoted"
awk '/\[README\]/ {inside = !inside; next} inside {print}' \
  docs/examples/can_receive.cc >"$compiled"
test -s "$quoted"
diff -u "$compiled" "$quoted"
