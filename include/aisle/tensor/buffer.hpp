#pragma once

#include <cstddef>
#include <new>
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

AISLE_NAMESPACE_END
