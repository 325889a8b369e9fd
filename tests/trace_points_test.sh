#!/bin/sh
# Proves that a program has the four trace points of docs/tracing.md if it is built with
# them, each with its arguments, and otherwise none.
#
#     trace_points_test.sh PROGRAM TRACED_PROGRAM
set -eu

notes() {
  readelf --notes --wide "$1"
}

if notes "$1" | grep -q "Provider: corepool"; then
  echo "there are trace points in a program without"
  exit 1
fi
"$1" >/dev/null
"$2" >/dev/null

test "$(notes "$2" | grep -c 'Provider: corepool')" -ge 4
for probe in allocate free exhausted steal; do
  # Three arguments, of eight bytes each.
  if ! notes "$2" | grep -A 2 -x "    Name: $probe" |
    grep -Eq 'Arguments: -?8@[^ ]+ -?8@[^ ]+ -?8@[^ ]+$'; then
    echo "no trace point '$probe' with three arguments"
    notes "$2"
    exit 1
  fi
done
unknown=$(notes "$2" | sed -n 's/^    Name: //p' | sort -u |
  grep -vxE 'allocate|free|exhausted|steal' || true)
test -z "$unknown" || { echo "not documented: $unknown"; exit 1; }

# Each is a no-op, at the place that its note says.
address=$(notes "$2" | grep -A 2 -x '    Name: allocate' |
  sed -n 's/^    Location: 0x0*\([0-9a-f]*\),.*/\1/p' | head -n 1)
objdump --disassemble --no-show-raw-insn "$2" | grep -E "^ *$address:[[:space:]]*nop"
