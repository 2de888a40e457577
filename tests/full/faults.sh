#!/usr/bin/env bash
# `aisle run` with every one of its system calls failing in turn, and with thousands of its allocations.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[ -x "$top/build/bin/test_fault" ] || { echo "skipped: test_fault was not built"; exit 77; }
AISLE_FULL=1 "$top/build/bin/test_fault"
