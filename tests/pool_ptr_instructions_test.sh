#!/bin/sh
# Proves that an owner costs nothing: to allocate, use and free by PoolPtr takes as many
# instructions as by a plain pointer; give or take two, for compilers lay out code as
# they like.
set -eu

count() {
  objdump --disassemble="$1" --no-show-raw-insn "$2" | grep -cE '^ +[0-9a-f]+:'
}
for object in "$@"; do
  case "$object" in *.o | *.a) ;; *) continue ;; esac
  objdump --syms "$object" | grep -q UseByPointer || continue
  plain=$(count UseByPointer "$object")
  owned=$(count UseByOwner "$object")
  echo "$plain instructions by pointer, $owned by owner"
  test "$plain" -gt 20
  test "$owned" -le $((plain + 2))
  exit 0
done
echo "nothing to look at in: $*"
exit 1
