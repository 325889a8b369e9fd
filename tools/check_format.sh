#!/bin/sh
# Checks the formatting of all sources; with --fix mends it.
#
#     tools/check_format.sh [--fix]
#
# C++ by clang-format-19 (.clang-format), Bazel's files by buildifier (npm package
# @bazel/buildifier), if it is there.
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" = "--fix" ]; then
  clang_format="clang-format-19 -i"
  buildifier_mode=fix
else
  clang_format="clang-format-19 --dry-run -Werror"
  buildifier_mode=check
fi

find lib tests stress bench docs \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 $clang_format

if command -v buildifier >/dev/null 2>&1; then
  buildifier -mode=$buildifier_mode -lint=off -r .
else
  echo "check_format: buildifier is not installed, Bazel's files were not checked" >&2
fi
echo "formatting is fine"
