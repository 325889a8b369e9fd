#!/bin/sh
# Proves that callers with a token are given a block where threads meet at hand-over
# points, and that a core whose proof of exhaustion is half a proof fails this.
#
#     cache_campaign_test.sh CAMPAIGN SABOTAGED_CAMPAIGN
set -eu

"$1" --allocations=100000

# Which configuration finds it, and when, is up to the system's scheduler.
round=1
while "$2" --allocations=300000 --threads=8 >/dev/null; do
  test $round -lt 20 || { echo "the sabotage was not found in $round rounds"; exit 1; }
  round=$((round + 1))
done
echo "the sabotage was found in round $round"
