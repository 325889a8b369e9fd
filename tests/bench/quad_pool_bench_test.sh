#!/bin/sh
# Runs the benchmark for a moment. What it measures is no business of a test's; that it
# measures everybody, and says so, is.
set -eu
bench=bench/quad_pool_bench
out=$($bench --rounds=1 --slice_ms=1)

complain() {
  echo "$1 in:" >&2
  echo "$out" >&2
  exit 1
}

for mix in half nearly_full fragmented; do
  for threads in 1 2 8; do
    case $out in
      *"$mix, threads: $threads ("*) ;;
      *) complain "no table of $mix with $threads threads" ;;
    esac
    for contestant in plain_mutex quad_pool_mutex glibc; do
      echo "$out" |
        grep -Eq "^$mix +$threads +$contestant +[0-9.]+ +[0-9.]+$" ||
        complain "no ratio of $contestant"
    done
  done
done
[ "$(echo "$out" | grep -c '^quad_pool .*|')" -eq 9 ] || complain "not nine tables"

for bad in --mixes=none --contestants=nobody --threads=0; do
  if $bench --rounds=1 --slice_ms=1 $bad 2> /dev/null; then
    complain "$bad is accepted"
  fi
done
