#!/bin/sh
# Proves that Memcheck reports accesses to free blocks, guards and what nobody has
# written yet, of pools with Checking::kFull, and nothing else.
#
#     valgrind_test.sh PROBE
set -eu
probe=$1

if ! command -v valgrind >/dev/null 2>&1; then
  echo "valgrind_test: SKIPPED: valgrind is not installed"
  exit 0
fi
if [ ! -e /usr/include/valgrind/memcheck.h ]; then
  echo "valgrind_test: SKIPPED: valgrind's headers are not installed"
  exit 0
fi

run() { valgrind --quiet --error-exitcode=99 "$probe" "$1" && code=0 || code=$?; }

run clean
[ "$code" -eq 0 ] || { echo "valgrind_test: clean: $code"; exit 1; }
for case in guard free fresh; do
  run "$case"
  [ "$code" -eq 99 ] || { echo "valgrind_test: $case was not reported: $code"; exit 1; }
done
