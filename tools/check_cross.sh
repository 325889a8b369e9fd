#!/bin/sh
# Compiles the core as other targets would, without an operating system, exceptions
# or RTTI, and checks that no object calls libatomic; then runs the torture with
# 32-bit words, as CPUs without a 64-bit compare-and-swap use.
#
# Needs gcc-arm-none-eabi, libstdc++-arm-none-eabi-newlib, g++-aarch64-linux-gnu and
# libc6-dev-i386 and lib32stdc++-12-dev (g++-multilib cannot be installed beside cross compilers).
set -eu
cd "$(dirname "$0")/.."

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
core=$(find lib/corepool/*.cc lib/corepool/c lib/corepool/port lib/corepool/lockfree \
  lib/corepool/engine -name '*.cc' ! -name '*_posix.cc' ! -name baton.cc)
warnings="-Wall -Wextra -Wconversion -Wshadow -Werror"
compat=$(find lib/corepool/c/compat -name include -type d | sed 's/^/-I/')

# compile NAME COMPILER...
compile() {
  name=$1
  shift
  mkdir "$objects/$name"
  for source in $core tests/hot_path_probe.cc; do
    "$@" -std=c++20 -O2 -ffreestanding -fno-exceptions -fno-rtti $warnings -Ilib $compat \
      -c "$source" -o "$objects/$name/$(echo "$source" | tr / _).o"
  done
  # -moutline-atomics, GCC's default on AArch64, is libgcc's and takes no lock.
  if nm --undefined-only "$objects/$name"/*.o | grep -E '__(atomic|sync)_'; then
    echo "$name: calls libatomic" >&2
    exit 1
  fi
  echo "$name: $(echo "$core" | wc -w) sources compiled, no call of libatomic"
}

compile cortex-m3 arm-none-eabi-g++ -mcpu=cortex-m3 -mthumb
compile cortex-m33 arm-none-eabi-g++ -mcpu=cortex-m33 -mthumb
compile aarch64 aarch64-linux-gnu-g++
compile aarch64-bare aarch64-linux-gnu-g++ -mno-outline-atomics
# 32-bit code takes the kernel's headers from where the 64-bit ones are.
i486="g++ -m32 -march=i486 -idirafter /usr/include/x86_64-linux-gnu"
compile i486 $i486
compile x86_64 g++

# The i486 has no 64-bit compare-and-swap; libatomic is for the test's own counters.
$i486 -std=c++20 -O2 -Ilib -I. tests/support/torture_main.cc \
  tests/support/torture.cc $(echo "$core" | tr ' ' '\n' | grep -v /c/) -lpthread -latomic -o "$objects/torture"
"$objects/torture" 1000000 8 5
"$objects/torture" 1000000 4 4096
