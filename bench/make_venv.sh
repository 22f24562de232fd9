#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes a Python environment in DIR with the pinned peers of requirements.txt, from PyPI. Safe to run again.
#
#     bench/make_venv.sh DIR
set -euo pipefail

if [ $# -ne 1 ]; then
    echo "usage: bench/make_venv.sh DIR" >&2
    exit 2
fi
python3 -m venv "$1"
"$1/bin/pip" install --quiet --requirement "$(dirname "${BASH_SOURCE[0]}")/requirements.txt"
"$1/bin/pip" check
