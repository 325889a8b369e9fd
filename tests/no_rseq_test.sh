#!/bin/sh
# Proves that pools work where restartable sections cannot be had: when glibc is told to
# register no rseq area, and under valgrind, which knows none.
#
#     no_rseq_test.sh PROBE TEST...
set -eu
probe=$1
shift

say() { printf '%s\n' "no_rseq_test: $*"; }

say "the probe"
GLIBC_TUNABLES=glibc.pthread.rseq=0 "$probe"

# These take long and have no caches anyway, or what they look at does not hang on rseq.
others='FixedPoolTorture.*:PoolStats.PeakSeesEveryBlock*:*EveryWayOfChecking*'

for program in "$@"; do
  say "$program"
  # Their own variables of Bazel would have them write into our files.
  env -u XML_OUTPUT_FILE -u TEST_PREMATURE_EXIT_FILE -u TEST_SHARD_STATUS_FILE \
    GLIBC_TUNABLES=glibc.pthread.rseq=0 "$program" \
    --gtest_brief=1 --gtest_filter="-$others"
done

if command -v valgrind >/dev/null 2>&1; then
  say "the probe under valgrind"
  valgrind --quiet --error-exitcode=99 "$probe"
else
  say "SKIPPED: the probe under valgrind, which is not installed"
fi
