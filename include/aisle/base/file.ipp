#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/base/held_file.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

[[noreturn]] AISLE_API void throw_errno(const std::string& path, const char* what) {
  const int code = errno;
  throw file_error(path, std::string(what) + ": " + std::strerror(code));
}

/// An open file, closed at the end of its scope.
class file_handle {
 public:
  explicit file_handle(int handle) noexcept : handle_(handle) {}
  ~file_handle() {
    const int code = errno;  // the reason of a failure that is about to be reported
    if (handle_ >= 0) ::close(handle_);
    errno = code;
  }
  file_handle(const file_handle&) = delete;
  file_handle& operator=(const file_handle&) = delete;
  int get() const noexcept { return handle_; }
  int release() noexcept { return std::exchange(handle_, -1); }

 private:
  int handle_;
};

/// To the system a path ends at a zero byte: it would open another file. So would a message, which tells what
/// stands before it.
AISLE_API void require_no_zero_byte(const std::string& path) {
  if (path.find('\0') != std::string::npos)
    throw file_error(path.c_str(), "cannot open: a zero byte follows in the path");
}

/// The caller closes what this returns.
AISLE_API int open_for_reading(const std::string& path, std::uint64_t& size) {
  require_no_zero_byte(path);
  file_handle handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (handle.get() < 0) throw_errno(path, "cannot open");
  struct stat info {};
  if (::fstat(handle.get(), &info) != 0) throw_errno(path, "cannot stat");
  if (S_ISDIR(info.st_mode)) throw file_error(path, "cannot read: is a directory");
  size = static_cast<std::uint64_t>(info.st_size);
  return handle.release();
}

/// Creates a file beside `path` under a name that no other writer has, in this process or another.
AISLE_API int create_part(const std::string& path, std::string& part) {
  require_no_zero_byte(path);
  // A rename would put a file in the place of /dev/null.
  struct ::stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    throw file_error(path, S_ISDIR(info.st_mode) ? "cannot write: is a directory"
                                                 : "cannot write: expected a file, found a device or pipe");
  // What writers of this file left that were killed.
  remove_left_behind(path, "part");
  const int handle = create_held(path, "part", part);
  if (handle < 0) throw_errno(path, "cannot create");
  return handle;
}

}  // namespace detail

AISLE_API input_file::input_file(std::string path) : path_(std::move(path)) {
  handle_ = detail::open_for_reading(path_, size_);
}
AISLE_API input_file::input_file(input_file&& other) noexcept
    : path_(std::move(other.path_)), size_(other.size_), handle_(std::exchange(other.handle_, -1)) {}
AISLE_API input_file& input_file::operator=(input_file&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(handle_, other.handle_);
  return *this;
}
AISLE_API input_file::~input_file() {
  if (handle_ >= 0) ::close(handle_);
}

AISLE_API void input_file::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ::ssize_t n =
        ::pread(handle_, out.data() + done, out.size() - done, static_cast<::off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::throw_errno(path_, "cannot read");
    if (n == 0)
      throw file_error(path_, "ends at byte " + std::to_string(offset + done) + ", expected " +
                                  std::to_string(out.size()) + " bytes from offset " +
                                  std::to_string(offset));
    done += static_cast<std::size_t>(n);
  }
}

AISLE_API file_stamp input_file::stamp() const {
  struct ::stat info {};
  if (::fstat(handle_, &info) != 0) detail::throw_errno(path_, "cannot stat");
  const auto nanoseconds = [](const struct ::timespec& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
  };
  return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
          static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

AISLE_API mapped_file::mapped_file(const std::string& path) {
  std::uint64_t size = 0;
  const detail::file_handle handle(detail::open_for_reading(path, size));
  size_ = static_cast<std::size_t>(size);
  void* p = size_ > 0 ? ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, handle.get(), 0) : nullptr;
  if (p == MAP_FAILED) detail::throw_errno(path, "cannot map");
  data_ = std::shared_ptr<const std::byte>(static_cast<const std::byte*>(p), [n = size_](const std::byte* q) {
    if (n > 0) ::munmap(const_cast<std::byte*>(q), n);
  });
}

AISLE_API atomic_file::atomic_file(std::string path) : path_(std::move(path)) {
  handle_ = detail::create_part(path_, part_);
}
AISLE_API atomic_file::atomic_file(atomic_file&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::move(other.part_)),
      buffer_(std::move(other.buffer_)),
      flushed_(other.flushed_),
      handle_(std::exchange(other.handle_, -1)) {}
AISLE_API atomic_file::~atomic_file() {
  if (handle_ < 0) return;
  ::close(handle_);
  ::unlink(part_.c_str());
}

AISLE_API void atomic_file::write(const void* data, std::size_t size) {
  buffer_.append(static_cast<const char*>(data), size);
  if (buffer_.size() >= (std::size_t{1} << 20)) flush();
}

AISLE_API void atomic_file::flush() {
  std::size_t done = 0;
  while (done < buffer_.size()) {
    const ::ssize_t n = ::write(handle_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::throw_errno(path_, "cannot write");
    done += static_cast<std::size_t>(n);
  }
  flushed_ += done;
  buffer_.clear();
}

AISLE_API void atomic_file::write_at(std::uint64_t offset, const void* data, std::size_t size) {
  flush();
  const auto* p = static_cast<const char*>(data);
  for (std::size_t done = 0; done < size;) {
    const ::ssize_t n = ::pwrite(handle_, p + done, size - done, static_cast<::off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::throw_errno(path_, "cannot write");
    done += static_cast<std::size_t>(n);
  }
}

AISLE_API void atomic_file::commit() {
  flush();
  if (::fsync(handle_) != 0 && errno != EINVAL && errno != EROFS) detail::throw_errno(path_, "cannot sync");
  const int handle = std::exchange(handle_, -1);
  // The part's lock stays until it has its name: without, it would be one that was left behind.
  const detail::file_handle lock(::fcntl(handle, F_DUPFD_CLOEXEC, 0));
  if (::close(handle) != 0 || std::rename(part_.c_str(), path_.c_str()) != 0) {
    const int code = errno;
    ::unlink(part_.c_str());
    errno = code;
    detail::throw_errno(path_, "cannot replace");
  }
}

AISLE_API std::string read_file(const std::string& path, std::uint64_t limit) {
  std::uint64_t size = 0;
  const detail::file_handle handle(detail::open_for_reading(path, size));
  const auto refuse_above = [&](std::uint64_t bytes) {
    if (bytes > limit)
      throw file_error(path, "is larger than the limit of " + std::to_string(limit) + " bytes");
  };
  refuse_above(size);
  std::string content, chunk(1 << 16, '\0');
  // Not by size alone: pipes and /proc files have none.
  content.reserve(static_cast<std::size_t>(size));
  for (;;) {
    const ::ssize_t n = ::read(handle.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::throw_errno(path, "cannot read");
    if (n == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(n));
    refuse_above(content.size());
  }
}

AISLE_API void write_file(const std::string& path, std::string_view content) {
  atomic_file f(path);
  f.write(content);
  f.commit();
}

AISLE_API bool file_exists(const std::string& path) {
  std::error_code code;
  return std::filesystem::is_regular_file(path, code);
}
AISLE_API bool folder_exists(const std::string& path) {
  std::error_code code;
  return std::filesystem::is_directory(path, code);
}
AISLE_API std::uint64_t file_size(const std::string& path) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code) throw file_error(path, "cannot stat: " + code.message());
  return size;
}
AISLE_API void make_folders(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) throw file_error(path, "cannot create folder: " + code.message());
}

AISLE_API void rename_file(const std::string& from, const std::string& to) {
  std::error_code code;
  std::filesystem::rename(from, to, code);
  if (code) throw file_error(from, "cannot rename to " + to + ": " + code.message());
}
AISLE_API void remove_file(const std::string& path) {
  std::error_code code;
  std::filesystem::remove(path, code);
  if (code) throw file_error(path, "cannot remove: " + code.message());
}
AISLE_API void remove_tree(const std::string& path) {
  std::error_code code;
  std::filesystem::remove_all(path, code);
  if (code) throw file_error(path, "cannot remove: " + code.message());
}
AISLE_API void cut_file(const std::string& path, std::uint64_t size) {
  std::error_code code;
  std::filesystem::resize_file(path, size, code);
  if (code) throw file_error(path, "cannot cut: " + code.message());
}

AISLE_API std::string join_path(std::string_view folder, std::string_view name) {
  if (folder.empty() || (!name.empty() && name.front() == '/')) return std::string(name);
  std::string out(folder);
  if (out.back() != '/') out += '/';
  return out += name;
}
AISLE_API std::string file_name(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path.substr(path.find_last_of('/') + 1));
}

AISLE_API std::string parent_folder(std::string_view path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

AISLE_NAMESPACE_END
