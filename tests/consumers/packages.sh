#!/usr/bin/env bash
# packages.sh SOURCE COMPILER PREFIX FOLDER: what find_package(aisle) makes of components, and of a copy of the project
# beside the installed one. PREFIX has the compiled library.
set -u
source=$1 compiler=$2 prefix=$3 work=$4 failures=0
rm -rf "$work"

# try EXPECTED TEXT: a project of TEXT is configured; EXPECTED is "works" or what the message says.
try() {
  local folder=$work/$((++number)) out
  mkdir -p "$folder"
  printf 'cmake_minimum_required(VERSION 3.22)\nproject(user LANGUAGES C CXX)\n%s\n' "$2" >"$folder/CMakeLists.txt"
  if out=$(cmake -S "$folder" -B "$folder/build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix" 2>&1); then
    out=works
  fi
  grep -qF -- "$1" <<<"$(tr -s '\n ' ' ' <<<"$out")" || { echo "FAIL: expected \"$1\" of"; echo "$2"; echo "$out"; failures=1; }
}
number=0
needs='foreach(target aisle::aisle aisle::compiled)
if(NOT TARGET ${target})
message(FATAL_ERROR "no ${target}")
endif()
endforeach()'
try works "find_package(aisle REQUIRED COMPONENTS compiled)
$needs"
try works "find_package(aisle 0.1 REQUIRED COMPONENTS aisle compiled)
find_package(aisle REQUIRED)
$needs"
try 'aisle has no component "nonsense"; its components are aisle and compiled' \
  'find_package(aisle REQUIRED COMPONENTS compiled nonsense)'
try works 'find_package(aisle REQUIRED OPTIONAL_COMPONENTS nonsense)
if(aisle_nonsense_FOUND)
message(FATAL_ERROR "found nonsense")
endif()'
# The first of two copies counts.
try works "find_package(aisle REQUIRED)
add_subdirectory(\"$source\" below)
$needs"
try works "add_subdirectory(\"$source\" below)
find_package(aisle REQUIRED COMPONENTS compiled)
$needs"
echo "$number projects configured"
exit $failures
