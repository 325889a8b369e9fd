#!/bin/bash
# Links a C program with the C compiler, once with an archive and once with a shared
# library, and runs both.
#   c_link_test.sh LIBRARY.a LIBRARY.so [-Ifolder...] SOURCE.c...
set -eu
archive=$1
shared=$2
shift 2

cc=${CC:-cc}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -O1 -Wall -Wextra -pedantic -Werror -I. -Ilib"
# shellcheck disable=SC2086
"$cc" $flags "$@" "$archive" -lpthread -o "$out/static"
# shellcheck disable=SC2086
"$cc" $flags "$@" "$shared" -lpthread -Wl,-rpath,"$(dirname "$(realpath "$shared")")" \
  -o "$out/shared"
for program in static shared; do
  if readelf -d "$out/$program" | grep -q 'libstdc++'; then
    echo "the $program program wants libstdc++" >&2
    exit 1
  fi
  "$out/$program" || { echo "the $program program failed: $?" >&2; exit 1; }
done
