// A library to preload: makes one call of a program fail, or ends it there.
//
//   FAULT_CALL   open, read, write, sync, rename, map, thread or memory: which calls are counted
//   FAULT_AT     the call that fails, from 0; without it none does
//   FAULT_ERRNO  what errno then says
//   FAULT_ON     set: all calls after it fail too. Of threads: so many may live beside the first, as where
//   the
//                system limits them
//   FAULT_KILL   set: the process is killed there instead
//   FAULT_COUNT  a file that gets the number of calls at the end
//
// What the C library calls inside itself does not come by here.

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

// The C library's own allocator: looking it up by dlsym would allocate.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

struct settings {
  const char* call;
  long at;
  int code;
  bool on, kill;
};

const settings& chosen() {
  // No static with a guard: memory is asked for before there are any.
  static settings s;
  static std::atomic<bool> known{false};
  if (!known.load()) {
    const auto number = [](const char* name, long otherwise) {
      const char* text = getenv(name);
      return text ? strtol(text, nullptr, 10) : otherwise;
    };
    const char* call = getenv("FAULT_CALL");
    s = {call ? call : "", number("FAULT_AT", -1), static_cast<int>(number("FAULT_ERRNO", EIO)),
         getenv("FAULT_ON") != nullptr, getenv("FAULT_KILL") != nullptr};
    known = true;
  }
  return s;
}

std::atomic<long> calls{0};
std::atomic<bool> loaded{false};  // the dynamic linker's own calls are not the program's

/// Threads beside the first.
long other_threads() {
  struct stat tasks {};
  return stat("/proc/self/task", &tasks) == 0 ? static_cast<long>(tasks.st_nlink) - 3 : 0;
}

/// Counts a call, and says whether it is to fail.
bool fails(const char* call) {
  const settings& s = chosen();
  if (!loaded || strcmp(call, s.call) != 0) return false;
  long n = calls++;
  if (s.on && strcmp(call, "thread") == 0) n = other_threads();
  if (s.at < 0 || (s.on ? n < s.at : n != s.at)) return false;
  if (s.kill) kill(getpid(), SIGKILL);
  errno = s.code;
  return true;
}

template <class Function>
Function* real(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) static const auto next = real(&name, #name)

struct reporter {
  reporter() { loaded = true; }
  ~reporter() {
    const char* path = getenv("FAULT_COUNT");
    if (path == nullptr) return;
    char text[32];
    const int size = snprintf(text, sizeof text, "%ld\n", calls.load());
    const int file = creat(path, 0644);
    if (file < 0) return;
    if (::write(file, text, static_cast<size_t>(size)) < 0) perror("FAULT_COUNT");
    ::close(file);
  }
} report_at_end;

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  REAL(open);
  return fails("open") ? -1 : next(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  REAL(open64);
  return fails("open") ? -1 : next(path, flags, mode);
}
ssize_t read(int file, void* to, size_t size) {
  REAL(read);
  return fails("read") ? -1 : next(file, to, size);
}
ssize_t pread(int file, void* to, size_t size, off_t at) {
  REAL(pread);
  return fails("read") ? -1 : next(file, to, size, at);
}
ssize_t pread64(int file, void* to, size_t size, off64_t at) {
  REAL(pread64);
  return fails("read") ? -1 : next(file, to, size, at);
}
// Messages are not counted.
ssize_t write(int file, const void* from, size_t size) {
  REAL(write);
  return file > 2 && fails("write") ? -1 : next(file, from, size);
}
ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
  REAL(pwrite);
  return fails("write") ? -1 : next(file, from, size, at);
}
ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
  REAL(pwrite64);
  return fails("write") ? -1 : next(file, from, size, at);
}
// A test needs no disk that is really written.
int fsync(int) { return fails("sync") ? -1 : 0; }
int rename(const char* from, const char* to) noexcept {
  REAL(rename);
  return fails("rename") ? -1 : next(from, to);
}
void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) noexcept {
  REAL(mmap);
  return file >= 0 && fails("map") ? MAP_FAILED : next(at, size, protection, flags, file, offset);
}
void* mmap64(void* at, size_t size, int protection, int flags, int file, off64_t offset) noexcept {
  REAL(mmap64);
  return file >= 0 && fails("map") ? MAP_FAILED : next(at, size, protection, flags, file, offset);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) noexcept {
  REAL(pthread_create);
  return fails("thread") ? EAGAIN : next(thread, attributes, run, argument);
}

void* malloc(size_t size) noexcept { return fails("memory") ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) noexcept {
  return fails("memory") ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) noexcept {
  return fails("memory") ? nullptr : __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return fails("memory") ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** to, size_t alignment, size_t size) noexcept {
  void* const p = fails("memory") ? nullptr : __libc_memalign(alignment, size);
  if (p == nullptr) return ENOMEM;
  *to = p;
  return 0;
}

}  // extern "C"
