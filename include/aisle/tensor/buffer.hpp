#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// Every array the kernels touch starts on a cache line: no vector load straddles two.
inline constexpr std::size_t alignment = 64;

template <class T>
struct aligned_allocator {
  using value_type = T;
  aligned_allocator() = default;
  template <class U>
  constexpr aligned_allocator(const aligned_allocator<U>&) noexcept {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{alignment}));
  }
  void deallocate(T* p, std::size_t) noexcept { ::operator delete (p, std::align_val_t{alignment}); }
  // vector(n) leaves elements uninitialised: kernels overwrite them, and touching pages twice costs time.
  template <class U>
  void construct(U* p) noexcept {
    ::new (static_cast<void*>(p)) U;
  }
  template <class U, class... Args>
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(static_cast<Args&&>(args)...);
  }
  friend bool operator==(const aligned_allocator&, const aligned_allocator&) noexcept { return true; }
};

/// A vector on cache-line boundaries. `buffer<float>(n)` is uninitialised, `buffer<float>(n, 0.f)` is filled.
template <class T>
using buffer = std::vector<T, aligned_allocator<T>>;

namespace detail {

/// A size beside a buffer: moving it away leaves 0, as moving the buffer leaves none of its elements.
template <class T>
class moved_size {
 public:
  constexpr moved_size() = default;
  constexpr moved_size(T value) noexcept : value_(value) {}
  constexpr moved_size(const moved_size&) = default;
  constexpr moved_size(moved_size&& other) noexcept : value_(std::exchange(other.value_, T{})) {}
  constexpr moved_size& operator=(const moved_size&) = default;
  constexpr moved_size& operator=(moved_size&& other) noexcept {
    value_ = other.value_;
    other.value_ = T{};
    return *this;
  }
  constexpr operator const T&() const noexcept { return value_; }

 private:
  T value_{};
};

/// Product of sizes that are not negative; a negative one or a product above 2^63 - 1 gives -1.
constexpr std::int64_t checked_product(std::int64_t a, std::int64_t b) noexcept {
  if (a < 0 || b < 0) return -1;
  return a != 0 && b > std::numeric_limits<std::int64_t>::max() / a ? -1 : a * b;
}

}  // namespace detail

AISLE_NAMESPACE_END
