#!/usr/bin/env bash
# other_folders.sh SOURCE COMPILER FOLDER: the headers installed where a distribution wants them, the package moved
# afterwards, and found by CMake and by pkg-config.
set -eu
source=$1 compiler=$2 work=$3
rm -rf "$work"
mkdir -p "$work/user"
cmake -S "$source" -B "$work/build" -DCMAKE_CXX_COMPILER="$compiler" -DAISLE_COMPILED=OFF -DAISLE_TOOLS=OFF \
  -DAISLE_TESTS=OFF -DAISLE_BENCH=OFF -DAISLE_EXAMPLES=OFF -DAISLE_INSTALL=ON -DAISLE_OPENMP=OFF \
  -DCMAKE_INSTALL_INCLUDEDIR=include/aisle-x -DCMAKE_INSTALL_DATADIR=share/x >/dev/null
cmake --install "$work/build" --prefix "$work/before" >/dev/null
mv "$work/before" "$work/prefix"
[ -f "$work/prefix/include/aisle-x/aisle/aisle.hpp" ]

cat >"$work/user/main.cpp" <<'TEXT'
#include <aisle/base/parallel.hpp>
int main() { return aisle::available_threads() > 0 ? 0 : 1; }
TEXT
cat >"$work/user/CMakeLists.txt" <<'TEXT'
cmake_minimum_required(VERSION 3.22)
project(user LANGUAGES CXX)
find_package(aisle REQUIRED)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE aisle::aisle)
TEXT
cmake -S "$work/user" -B "$work/user/build" -DCMAKE_CXX_COMPILER="$compiler" \
  -Daisle_DIR="$work/prefix/share/x/cmake/aisle" >/dev/null
cmake --build "$work/user/build" >/dev/null
"$work/user/build/user"

pc=$work/prefix/share/x/pkgconfig
if command -v pkg-config >/dev/null && [ -f "$pc/aisle.pc" ]; then
  # shellcheck disable=SC2046  # flags are words
  "$compiler" -std=c++20 "$work/user/main.cpp" -o "$work/user/by_pc" $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs aisle)
  "$work/user/by_pc"
fi
echo "found in other folders"
