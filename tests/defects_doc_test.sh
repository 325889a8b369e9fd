#!/bin/sh
# Proves that every test and every error that docs/defects.md names exists, and that
# every row of its tables names a test, or says what is not there yet.
set -eu
cd "$(dirname "$(readlink -f WORKSPACE)")"
doc=docs/defects.md
failed=0
complain() {
  echo "$doc: $1" >&2
  failed=1
}

# Without blanks, as some names begin on another line than their macro.
sources=$(find tests -name '*.cc' -exec cat {} + | tr -d ' \n')

count=0
for name in $(grep -o '`[A-Z][A-Za-z]*\.[A-Z][A-Za-z]*`' "$doc" | tr -d '`' | sort -u); do
  suite=${name%.*}
  test=${name#*.}
  count=$((count + 1))
  case $suite in
    Misuse) wanted="\"$test\"" ;;  # a way of misuse_cases_test
    *) wanted="($suite,$test){" ;;
  esac
  case $sources in
    *"$wanted"*) ;;
    *) complain "no test is called $name" ;;
  esac
done
[ "$count" -ge 100 ] || complain "only $count tests are named"

for target in $(grep -o '`[a-z_]*_test`' "$doc" | tr -d '`' | sort -u); do
  grep -rqF "$target" tests --include=BUILD.bazel || complain "no test is called $target"
done

for error in $(grep -o '`k[A-Z][A-Za-z]*`' "$doc" | tr -d '`' | sort -u); do
  grep -rqw "$error" lib/corepool/*.h || complain "nothing is called $error"
done

# A head is what comes before a line of dashes.
awk -F'|' '
  function settle() {
    if (row != "" && last !~ /`/ && row !~ /not yet/) { print row; bad = 1 }
    row = ""
  }
  /^\|---/ { row = ""; next }
  { settle() }
  /^\|/ { row = $0; last = $(NF - 1) }
  END { settle(); exit bad }
' "$doc" || complain "no test in these rows"

exit $failed
