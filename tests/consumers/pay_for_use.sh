#!/usr/bin/env bash
# pay_for_use.sh INCLUDE COMPILER FOLDER;FOLDER...: a program of the headers alone has code of nothing that it does not use.
set -u
include=$1 compiler=$2
options=(-std=c++20 -O0 -I "$include")
IFS=';' read -r -a folders <<<"$3"
for folder in "${folders[@]}"; do [ "$folder" = /usr/include ] || options+=(-isystem "$folder"); done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
# functions TEXT: the names of the functions in the object file of a program.
functions() {
  "$compiler" "${options[@]}" -c -x c++ - -o "$work/program.o" <<<"$1" || exit 1
  nm -C "$work/program.o" | grep ' [tTwW] ' | cut -d' ' -f3-
}

report() {
  [ -z "$2" ] && return
  echo "FAILED: $1"
  head -20 <<<"$2"
  failed=1
}

report "a program that calls nothing has" "$(functions '#include <aisle/aisle.hpp>
int main() {}' | grep -E '::(nn|models|kernels)::|json|encoder|file')"

text='#include <aisle/aisle.hpp>
int main() { return static_cast<int>(aisle::text_encoder::load("folder").encode({"a text"}).rows()); }'
others='conv2d|depthwise|pool_layer|global_response_norm|concatenate|resnet|densenet|convnext|efficientnet|winograd|resize_axis|resize_horizontal|adam_kernel|write_safetensors|decode_(png|gif|jpeg)'
report "a program of texts has" "$(functions "$text" | grep -E "aisle::.*($others)")"
exit $failed
