#include <string_view>

const char* base(float* out);
const char* base_openmp(float* out);
const char* avx2(float* out);
const char* avx512(float* out);
const char* checked(float* out);

int main() {
  // The others are linked; whether this CPU can run them is not the question.
  [[maybe_unused]] const volatile auto linked = {avx2, avx512};
  float a[4] = {}, b[4] = {}, c[4] = {};
  return base(a) == std::string_view("std::thread") && base_openmp(b) == std::string_view("openmp") &&
                 a[3] == 2.f && b[3] == 2.f && checked(c) != nullptr && c[3] == 2.f
             ? 0
             : 1;
}
