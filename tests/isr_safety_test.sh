#!/bin/sh
# Proves that every public function says who may call it, and docs/isr_safety.md as much.
set -eu
cd "$(dirname "$(readlink -f WORKSPACE)")"
python3 tools/isr_safety.py . --self_test
python3 tools/isr_safety.py . --check
