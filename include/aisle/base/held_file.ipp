#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/base/held_file.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Whether an open file was deleted. By its links: not every file system has lasting inode numbers.
AISLE_API bool was_deleted(int handle) {
  struct ::stat info {};
  return ::fstat(handle, &info) == 0 && info.st_nlink == 0;
}

AISLE_API std::string name_beside(const std::string& path, std::string_view suffix) {
  static std::atomic<std::uint64_t> count{0};
  return path + "." + std::to_string(::getpid()) + "-" + std::to_string(count++) + "." + std::string(suffix);
}

AISLE_API int create_held(const std::string& path, std::string_view suffix, std::string& name,
                          unsigned permissions) {
  for (;;) {
    name = name_beside(path, suffix);
    const int handle = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions);
    if (handle < 0) {
      // One of this name is left from a process that was killed, or belongs to one in another container.
      if (errno == EEXIST) continue;
      return -1;
    }
    ::flock(handle, LOCK_EX | LOCK_NB);
    // Who came between the two calls took it for one that was left behind, and deletes it.
    if (!was_deleted(handle)) return handle;
    ::close(handle);
  }
}

/// The system's handle of a folder that nobody held until now; -1 with errno: there is none. The caller
/// closes it.
AISLE_API int hold_folder(const std::string& path) {
  const int handle = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (handle < 0) return -1;
  struct ::stat info {};
  const int code = ::flock(handle, LOCK_EX | LOCK_NB) != 0                    ? errno
                   : was_deleted(handle) || ::lstat(path.c_str(), &info) != 0 ? ENOENT
                                                                              : 0;
  if (code == 0) return handle;
  ::close(handle);
  errno = code;
  return -1;
}

}  // namespace detail

AISLE_API held_file::held_file(std::string path, int handle) noexcept
    : path_(std::move(path)), handle_(handle) {}
AISLE_API held_file::held_file(held_file&& other) noexcept
    : path_(std::move(other.path_)), handle_(std::exchange(other.handle_, -1)) {}
AISLE_API held_file& held_file::operator=(held_file&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(handle_, other.handle_);
  return *this;
}
AISLE_API held_file::~held_file() {
  if (handle_ >= 0) ::close(handle_);
}

AISLE_API held_file held_file::create(const std::string& path, std::string_view suffix) {
  std::string name;
  const int handle = detail::create_held(path, suffix, name);
  if (handle < 0) throw file_error(name, std::string("cannot create: ") + std::strerror(errno));
  return {std::move(name), handle};
}

AISLE_API std::optional<held_file> held_file::take(const std::string& file) {
  // For writing: NFS locks nothing that is open for reading alone.
  const int handle = ::open(file.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (handle < 0) return std::nullopt;
  held_file out(file, handle);
  // It may have been given its name, or deleted, while we came.
  struct ::stat info {};
  const bool free = ::flock(handle, LOCK_EX | LOCK_NB) == 0;
  if (!free || detail::was_deleted(handle) || ::lstat(file.c_str(), &info) != 0) return std::nullopt;
  return out;
}

AISLE_API void held_file::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t n = ::write(handle_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw file_error(path_, std::string("cannot write: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

AISLE_API void held_file::sync() {
  if (::fdatasync(handle_) != 0 && errno != EINVAL && errno != EROFS)
    throw file_error(path_, std::string("cannot sync: ") + std::strerror(errno));
}

AISLE_API void held_file::remove() noexcept { ::unlink(path_.c_str()); }

AISLE_API held_folder::held_folder(const std::string& path) {
  remove_left_behind(path, "part");
  for (;;) {
    path_ = make_part_folder(path);
    handle_ = detail::hold_folder(path_);
    const int code = handle_ < 0 ? errno : 0;
    // Who came between the two calls took it for one that was left behind, and deletes it. Where a file
    // system has no locks, nobody does.
    const bool without_locks =
        code == EBADF || code == ENOLCK || code == EOPNOTSUPP || code == ENOSYS || code == EINVAL;
    if (code == 0 || without_locks) return;
    remove_flat_folder(path_);
    if (code != EWOULDBLOCK && code != ENOENT)
      throw file_error(path_, std::string("cannot open: ") + std::strerror(code));
  }
}
AISLE_API held_folder::~held_folder() {
  remove_flat_folder(path_);
  if (handle_ >= 0) ::close(handle_);
}

AISLE_API std::vector<std::string> held_files(const std::string& path, std::string_view suffix) {
  const std::string folder = parent_folder(path), before = file_name(path) + ".",
                    after = "." + std::string(suffix);
  const bool named = path.find('/') != std::string::npos;
  std::vector<std::string> out, names;
  try {
    if (folder_exists(folder)) names = folder_entries(folder);
  } catch (const machine_error&) {
    throw;
  } catch (const file_error&) {  // one may write into a folder that one may not list
  }
  for (const std::string& name : names) {
    if (name.size() < before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
      continue;
    const std::string_view number =
        std::string_view(name).substr(before.size(), name.size() - before.size() - after.size());
    const auto dash = number.find('-');
    if (dash != std::string_view::npos && dash > 0 && dash + 1 < number.size() &&
        number.find_first_not_of("0123456789-") == std::string_view::npos && number.rfind('-') == dash)
      out.push_back(named ? join_path(folder, name) : name);
  }
  return out;
}

AISLE_API void remove_left_behind(const std::string& path, std::string_view suffix) {
  for (const std::string& name : held_files(path, suffix))
    if (auto left = held_file::take(name)) {
      left->remove();
    } else if (const int folder = detail::hold_folder(name); folder >= 0) {
      remove_flat_folder(name);
      ::close(folder);
    }
}

AISLE_NAMESPACE_END
