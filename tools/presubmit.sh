#!/bin/sh
# What to run before each commit: formatting, all tests (the layers among them), and
# the tests that threads could break once more under ThreadSanitizer.
set -eu
cd "$(dirname "$0")/.."
tools/check_format.sh
./bazelw test //...
./bazelw test --config=tsan //tests:all //tests/lockfree:all //tests/engine:all
