#!/bin/sh
# quoted_test.sh DOCUMENT EXAMPLE MARK: proves that the document's C or C++ is what the example
# compiles, between two lines with [MARK].
set -eu
quoted=$(mktemp)
compiled=$(mktemp)
trap 'rm -f "$quoted" "$compiled"' EXIT
awk '/^```$/ {inside = 0} inside {print} /^```(c|cpp)$/ {inside = 1}' "$1" >"$quoted"
awk -v mark="[$3]" 'index($0, mark) {inside = !inside; next} inside {print}' \
  "$2" >"$compiled"
test -s "$quoted"
diff -u "$compiled" "$quoted"
