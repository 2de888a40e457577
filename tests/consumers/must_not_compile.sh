#!/usr/bin/env bash
# must_not_compile.sh INCLUDE COMPILER FOLDER;FOLDER... : every case of must_not_compile/*.cpp fails to compile and the
# compiler's message says what the case's line says. A case is `#if CASE == N // TEXT` (or #elif); without a case a file
# compiles, so that it fails for the case alone. `// clang: TEXT` is what Clang alone refuses.
set -u
include=$1 compiler=$2 failures=0 cases=0
options=(-std=c++20 -DAISLE_COMPILED=1 -I "$include")
IFS=';' read -r -a folders <<<"$3"
for folder in "${folders[@]}"; do [ "$folder" = /usr/include ] || options+=(-isystem "$folder"); done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in "$(dirname "$0")"/must_not_compile/*.cpp; do
  # What a file includes is compiled once for all its cases; where that is not taken it is read again.
  headers=$work/$(basename "$file" .cpp).hpp
  grep '^#include' "$file" >"$headers"
  "$compiler" "${options[@]}" -x c++-header "$headers" -o "$headers.gch"
  compile=("$compiler" "${options[@]}" -fsyntax-only -include "$headers" "$file")
  "${compile[@]}" -DCASE=0 || { echo "FAIL: $file without a case"; failures=1; }
  while read -r number text; do
    if [[ $text == clang:* ]]; then
      "$compiler" --version | grep -q clang || continue
      text=${text#clang: }
    fi
    cases=$((cases + 1))
    if out=$("${compile[@]}" -DCASE="$number" 2>&1); then
      echo "FAIL: $file, case $number compiles"; failures=1
    elif ! grep -qF -- "$text" <<<"$out"; then
      echo "FAIL: $file, case $number: expected \"$text\" in"; echo "$out"; failures=1
    fi
  done < <(sed -nE 's/^#(el)?if CASE == ([0-9]+) +\/\/ (.*)$/\2 \3/p' "$file")
done
echo "$cases cases do not compile"
[ "$cases" -gt 0 ] && exit $failures
