#!/bin/sh
# Proves that the sources keep the layers of lib/README.md.
set -eu
cd "$(dirname "$(readlink -f WORKSPACE)")"
python3 tools/check_layers.py . --self_test
python3 tools/check_layers.py .
