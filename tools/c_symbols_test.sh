#!/bin/bash
# Proves of a shared library that it shows nothing but what the given patterns say, and
# of it and its archive that a C program needs no C++ library to link them.
#   c_symbols_test.sh LIBRARY.so LIBRARY.a PATTERN...
set -eu
shared=$1
archive=$2
shift 2

failed=0
complain() {
  echo "$1" >&2
  failed=1
}

shown=$(nm -D --defined-only "$shared" | awk 'NF == 3 {print $3}' | sed 's/@.*//')
[ -n "$shown" ] || complain "$shared shows nothing"
for symbol in $shown; do
  known=no
  for pattern in "$@"; do
    # shellcheck disable=SC2254
    case "$symbol" in $pattern) known=yes ;; esac
  done
  [ "$known" = yes ] || complain "$shared shows $symbol"
done

# Mangled names, run-time support of C++ and unwinding. crtbegin.o has a weak
# __cxa_finalize, which is libc's.
cxx='^(_Z|__cxa_|__gxx_|_Unwind_|__dynamic_cast)'
foreign=$(nm -D --undefined-only "$shared" | awk '{print $NF}' | sed 's/@.*//' |
  grep -E "$cxx" | grep -v '^__cxa_finalize$' || true)
[ -z "$foreign" ] || complain "$shared wants $foreign"
libraries=$(readelf -d "$shared" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $libraries; do
  case "$library" in
    libc.so.* | ld-linux*) ;;
    *) complain "$shared wants $library" ;;
  esac
done

defined=$(mktemp)
trap 'rm -f "$defined"' EXIT
nm --defined-only "$archive" 2>/dev/null | awk 'NF == 3 {print $3}' | sort -u >"$defined"
foreign=$(nm --undefined-only "$archive" 2>/dev/null | awk 'NF == 2 {print $2}' |
  sort -u | grep -vxFf "$defined" | grep -E "$cxx" || true)
[ -z "$foreign" ] || complain "$archive wants $foreign"

[ "$failed" -ne 0 ] || echo "$(echo "$shown" | wc -l) symbols shown, none foreign"
exit "$failed"
