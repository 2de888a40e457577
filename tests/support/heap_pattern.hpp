#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>

// Fills memory that is allocated with a byte of one's choice: for one source of a program, as the functions
// of the C library are replaced. Under sanitizers, whose heap is their own, by a hook of theirs.

#ifdef AISLE_TEST_SANITIZED

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));

namespace support {
inline int heap_pattern = -1;
inline void fill_heap_with(unsigned char pattern) {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void* p, std::size_t size) {
        // Larger blocks come straight from the system, and calloc then relies on their zeros.
        if (heap_pattern >= 0 && size <= 65536) std::memset(const_cast<void*>(p), heap_pattern, size);
      },
      [](const volatile void*) {});
  (void)installed;
  heap_pattern = pattern;
}
}  // namespace support

#elif defined(__GLIBC__)

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
std::size_t malloc_usable_size(void*);
}

namespace support {
inline int heap_pattern = -1;
inline void fill_heap_with(unsigned char pattern) { heap_pattern = pattern; }
inline void* filled(void* p, std::size_t size) {
  if (p != nullptr && heap_pattern >= 0) std::memset(p, heap_pattern, size);
  return p;
}
}  // namespace support

extern "C" {
void* malloc(std::size_t size) noexcept { return support::filled(__libc_malloc(size), size); }
void* realloc(void* old, std::size_t size) noexcept {
  const std::size_t before = old == nullptr ? 0 : malloc_usable_size(old);
  char* const p = static_cast<char*>(__libc_realloc(old, size));
  if (p != nullptr && size > before) support::filled(p + before, size - before);
  return p;
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return support::filled(__libc_memalign(alignment, size), size);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  void* const p = aligned_alloc(alignment, size);
  if (p == nullptr) return 12;  // ENOMEM
  *to = p;
  return 0;
}
}

#else

namespace support {
inline int heap_pattern = -1;
inline void fill_heap_with(unsigned char) {}
}  // namespace support

#endif

namespace support {

inline void leave_heap_alone() { heap_pattern = -1; }

inline bool heap_is_filled() {
  fill_heap_with(0xA7);
  volatile unsigned char* const p = static_cast<unsigned char*>(std::malloc(16));
  const bool out = p != nullptr && p[3] == 0xA7;
  std::free(const_cast<unsigned char*>(p));
  leave_heap_alone();
  return out;
}

}  // namespace support
