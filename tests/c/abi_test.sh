#!/bin/sh
# Proves that the C interface is what docs/c_abi.txt says for its version, that every
# public function of C++ has its like in C, and that each header compiles alone, in C11
# and in C++.
set -eu
cd "$(dirname "$(readlink -f WORKSPACE)")"
python3 tools/c_abi.py . --self_test
python3 tools/c_abi.py . --check

alone=$(mktemp -d)
trap 'rm -rf "$alone"' EXIT
for header in lib/corepool/c/*.h; do
  echo "#include \"${header#lib/}\"" >"$alone/alone.c"
  cp "$alone/alone.c" "$alone/alone.cc"
  "${CC:-cc}" -std=c11 -Wall -Wextra -pedantic -Werror -Ilib -fsyntax-only "$alone/alone.c"
  "${CXX:-c++}" -std=c++11 -Wall -Wextra -pedantic -Wshadow -Werror -Ilib -fsyntax-only \
    "$alone/alone.cc"
done
echo "every header compiles alone"
