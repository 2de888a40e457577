#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include <aisle/base/folder_lock.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Who holds a lock on this file, as Linux lists it ("1: FLOCK  ADVISORY  WRITE 123 fe:00:456 0 EOF"); empty
/// where it does not say, as of processes in other containers.
AISLE_API std::string lock_holder(int handle) {
  struct stat info {};
  if (::fstat(handle, &info) != 0) return {};
  // Major and minor as glibc's sysmacros.h has them, whose macros are not for headers.
  const unsigned long long device = info.st_dev,
                           major_number = ((device >> 8) & 0xfff) | ((device >> 32) & ~0xfffULL),
                           minor_number = (device & 0xff) | ((device >> 12) & ~0xffULL);
  char file[96];
  std::snprintf(file, sizeof file, " %02llx:%02llx:%llu ", major_number, minor_number,
                static_cast<unsigned long long>(info.st_ino));
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    const auto at = line.find(file);
    // A line with "->" is of one that waits.
    if (at == std::string::npos || line.find("->") != std::string::npos) continue;
    const auto number = line.find_last_of(' ', at - 1) + 1;
    const std::string process = line.substr(number, at - number);
    if (!process.empty() && process[0] >= '1' && process[0] <= '9') return "process " + process;
  }
  return {};
}

/// The handle that holds the lock; -1 where another does, whom `holder` then names.
AISLE_API int lock_folder(const std::string& folder, std::string& holder) {
  const auto failed = [&](const char* what) -> file_error {
    return {folder, std::string(what) + ": " + std::strerror(errno)};
  };
  int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) throw failed("cannot open the folder");
  if (::flock(handle, LOCK_EX | LOCK_NB) == 0) return handle;
  if (errno != EWOULDBLOCK && errno != EINTR) {
    // No locks of folders here: NFS makes them of byte ranges, which need a file open for writing.
    ::close(handle);
    handle = ::open((folder + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (handle < 0) throw failed("cannot create .lock");
    if (::flock(handle, LOCK_EX | LOCK_NB) == 0) return handle;
    if (errno != EWOULDBLOCK && errno != EINTR) {
      const file_error error = failed("cannot lock");
      ::close(handle);
      throw error;
    }
  }
  holder = lock_holder(handle);
  ::close(handle);
  return -1;
}

}  // namespace detail

AISLE_API folder_lock::folder_lock(const std::string& folder) {
  std::string holder;
  handle_ = detail::lock_folder(folder, holder);
  if (handle_ < 0)
    throw locked_error(folder,
                       (holder.empty() ? std::string("another process") : holder) + " is writing into it");
}

AISLE_API folder_lock::folder_lock(const std::string& folder,
                                   const std::function<void(const std::string& holder)>& waiting) {
  std::string holder;
  while ((handle_ = detail::lock_folder(folder, holder)) < 0) {
    if (waiting) waiting(holder);
    const ::timespec tenth{0, 100'000'000};
    ::nanosleep(&tenth, nullptr);
  }
}

AISLE_API folder_lock::folder_lock(folder_lock&& other) noexcept
    : handle_(std::exchange(other.handle_, -1)) {}
AISLE_API folder_lock& folder_lock::operator=(folder_lock&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
AISLE_API folder_lock::~folder_lock() {
  if (handle_ >= 0) ::close(handle_);
}

AISLE_NAMESPACE_END
