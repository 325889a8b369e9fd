#!/bin/sh
# Proves that no path of the core calls libatomic, allocates memory, takes a lock or
# calls the system: the core's objects need no symbol but their own, the compiler's
# functions for memory and bits, what halting after unhandled misuse needs, and what libc says about
# cores.
set -eu

allowed='^(_?GLOBAL_OFFSET_TABLE_|__stack_chk_fail|mem(set|cpy|move)|__popcount[ds]i2|abort|write|__rseq_(offset|size)|sysconf|__(start_|stop_)?(asan|ubsan|tsan|sanitizer)_.*)$'

defined=$(mktemp)
needed=$(mktemp)
trap 'rm -f "$defined" "$needed"' EXIT
for archive in "$@"; do
  nm --defined-only "$archive" | awk 'NF == 3 {print $3}' >>"$defined"
  nm --undefined-only "$archive" | awk 'NF == 2 {print $2}' >>"$needed"
done
test -s "$defined" || { echo "no symbols in: $*"; exit 1; }
grep -q '^ProbeAllocate$' "$defined"

foreign=$(sort -u "$needed" | grep -vxFf "$defined" | grep -Ev "$allowed" || true)
if [ -n "$foreign" ]; then
  echo "the core calls what it must not:"
  echo "$foreign"
  exit 1
fi

# Those for creating pools are for port/cores_linux.cc alone,
for archive in "$@"; do
  case "$archive" in *cores*) continue ;; esac
  if nm --undefined-only "$archive" | grep -Ew 'sysconf|__rseq_size'; then
    echo "$archive asks for the machine by itself"
    exit 1
  fi
done
# and write and abort for port/halt.cc.
for archive in "$@"; do
  case "$archive" in *halt*) continue ;; esac
  if nm --undefined-only "$archive" | grep -Ew 'write|abort'; then
    echo "$archive halts by itself"
    exit 1
  fi
done
echo "$(sort -u "$defined" | wc -l) symbols defined, none foreign"
