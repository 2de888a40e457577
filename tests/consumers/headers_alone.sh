#!/usr/bin/env bash
# headers_alone.sh INCLUDE COMPILER FOLDER;FOLDER...: compiles every .hpp below INCLUDE by itself, nothing before it:
# as a user of aisle::compiled sees it (declarations: what a header needs cannot come in by the definitions), and as a
# user of the headers alone does (definitions in the order that this header brings them in). The latter takes ten times
# as long: each header with AISLE_FULL=1 (tools/check --full), otherwise the last of each floor. What lies in a detail/ or
# a report/ is for other headers, and looked at with AISLE_FULL=1, too.
# .ipp and .inl files are parts of a .hpp and no headers of their own.
set -u
include=$1 compiler=$2
options=(-std=c++20 -fsyntax-only -Wall -Wextra -Werror -I "$include")
IFS=';' read -r -a folders <<<"$3"
# The compiler's own folder must keep its place in the search: #include_next would look behind it.
for folder in "${folders[@]}"; do [ "$folder" = /usr/include ] || options+=(-isystem "$folder"); done

check() {
  local header=$1
  shift
  "$@" -DAISLE_COMPILED=1 -x c++ - <<<"#include <$header>" &&
    { ! grep -qxF "$header" <<<"$with_definitions" || "$@" -x c++ - <<<"#include <$header>"; } ||
    { echo "does not compile alone: $header"; return 1; }
}
export -f check
cd "$include" || exit 2
mapfile -t headers < <(find aisle -name '*.hpp' | { [ -n "${AISLE_FULL:-}" ] && cat || grep -vE '/(detail|report)/'; } | sort)
# Only a header with definitions of its own can bring them in an order of its own.
with_definitions=$(grep -l '\.ipp>' "${headers[@]}" |
  awk -F/ -v full="${AISLE_FULL:-}" '
    full {print; next} $2 != before {if (last) print last; before = $2} {last = $0}
    END {if (last) print last}')
export with_definitions
printf '%s\n' "${headers[@]}" | xargs -P 2 -I{} bash -c 'check "$@"' check {} "$compiler" "${options[@]}" || exit 1
echo "${#headers[@]} headers compile alone"
[ "${#headers[@]}" -gt 0 ]
