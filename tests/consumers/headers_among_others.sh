#!/usr/bin/env bash
# headers_among_others.sh INCLUDE COMPILER FOLDER;FOLDER...: the headers beside other people's: behind their macros, next
# to the implementation of stb, in a compiler for C++17; and the same names in both forms.
set -u
include=$1 compiler=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
options=(-std=c++20 -Wall -Wextra -I "$include")
IFS=';' read -r -a folders <<<"$3"
for folder in "${folders[@]}"; do [ "$folder" = /usr/include ] || options+=(-isystem "$folder"); done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() { echo "FAILED: $*"; failed=1; }
compile() { "$compiler" "${options[@]}" -fsyntax-only -x c++ "$@"; }

# Macros of windows.h, X11 and Qt; and the definitions without the type of C++20's u8 literals.
(cd "$include" && find aisle -name '*.hpp' | sort | sed 's/.*/#include <&>/') >"$work/all.cpp"
compile -DAISLE_COMPILED=0 -fno-char8_t -include "$here/hostile_macros.hpp" "$work/all.cpp" ||
  fail "behind other people's macros and -fno-char8_t, headers alone"
compile -DAISLE_COMPILED=1 -include "$here/hostile_macros.hpp" "$work/all.cpp" ||
  fail "behind other people's macros, AISLE_COMPILED=1"

# Units whose containers are laid out in another way share nothing, least of all with a compiled library.
abi() { "$compiler" -std=c++20 -I "$include" -E "$@" -x c++ - <<<$'#include <aisle/base/config.hpp>\nAISLE_ABI' | tail -n 1; }
for form in 0 1; do
  for flag in -D_GLIBCXX_DEBUG -D_GLIBCXX_USE_CXX11_ABI=0 -D_LIBCPP_ENABLE_DEBUG_MODE; do
    name=${flag#-D} name=${name%=0}
    [[ $(abi -DAISLE_COMPILED=$form $flag) == *${name%_ENABLE*}* ]] || fail "$flag is not in the ABI's name, AISLE_COMPILED=$form"
  done
  [[ $(abi -DAISLE_COMPILED=$form -D_GLIBCXX_ASSERTIONS) == "$(abi -DAISLE_COMPILED=$form)" ]] || fail "_GLIBCXX_ASSERTIONS"
done

# A file that holds the implementation of stb, which comes before or after our headers.
implementation='#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION'
stb='#include <stb_image.h>
#include <stb_image_write.h>'
ours='#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
int main() { return stbi_failure_reason() != nullptr; }'
i=0
for text in "$implementation
$stb
$ours" "$implementation
${ours%int main*}
$stb
${ours##*hpp>}"; do
  i=$((i + 1))
  "$compiler" "${options[@]}" -w -O0 -pthread -x c++ - -o "$work/stb$i" <<<"$text" && "$work/stb$i" || fail "with stb's implementation, $i"
done

# One sentence where C++20 is off.
"$compiler" "${options[@]}" -std=c++17 -fsyntax-only -x c++ - <<<'#include <aisle/aisle.hpp>' 2>"$work/cxx17" &&
  fail "compiles as C++17"
grep -q 'error.*aisle needs C++20' "$work/cxx17" || fail "no sentence about C++20"
[ "$(grep -c 'error:' "$work/cxx17")" -le 2 ] || fail "more than one sentence about C++20"

# 0 is off.
compile -DAISLE_COMPILED=0 - <<<'#include <aisle/base/config.hpp>
static_assert(AISLE_HEADER_ONLY);' || fail "AISLE_COMPILED=0"
compile -DAISLE_OPENMP=0 -fopenmp - <<<'#include <aisle/base/config.hpp>
#if AISLE_OPENMP
#error
#endif' || fail "AISLE_OPENMP=0"

# Who changes from one form to the other loses no name: the umbrellas bring in the same public headers
# (tests/base/umbrella.cpp keeps the list of those that are not).
parts='base/(ascii|counted|held_file|ranges|stream)|image/(bmp|gif|jpeg|picture_turn|png)|nn/cpu/.*|simd/.*|text/(unicode.*|case_fold|character_tables|html_entities)'
parts+='|io/(content|delimiter|file_kind|gzip|inflate|json_records|nearest_name|pickle|torch_wrapping|utf8|zip)'
names() {
  "$compiler" "${options[@]}" -DAISLE_COMPILED="$2" -M -x c++ - <<<"#include <aisle/$1>" | tr -s ' \\' '\n' |
    sed -nE 's|.*/(aisle/.*\.hpp)$|\1|p' | grep -vE "/(detail|report)/|dispatch|^aisle/($parts)\\.hpp$" | sort -u
}
for header in aisle.hpp all.hpp; do
  diff <(names $header 0) <(names $header 1) || fail "$header lacks these (<) when compiled: name them in it"
done

[ $failed = 0 ] && echo "headers are at home among others"
exit $failed
