#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/held_file.hpp>
#include <aisle/base/process.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Whether the system says this of the path or the file that was named, rather than of itself.
AISLE_API bool is_fault_of_file(int code) noexcept {
  constexpr int faults[] = {ENOENT, ENOTDIR,   EACCES,  EPERM, EISDIR, ELOOP,  ENAMETOOLONG,
                            EEXIST, ENOTEMPTY, EINVAL,  ENXIO, EILSEQ, ENODEV, EBUSY,
                            ESPIPE, EOVERFLOW, ETXTBSY, EROFS, EXDEV};
  return std::find(std::begin(faults), std::end(faults), code) != std::end(faults);
}

[[noreturn]] AISLE_API void throw_code(const std::string& path, const char* what, int code) {
  const std::string text = std::string(what) + ": " + std::strerror(code);
  if (is_fault_of_file(code)) throw file_error(path, text);
  throw machine_error(path, text);
}
[[noreturn]] AISLE_API void throw_errno(const std::string& path, const char* what) {
  throw_code(path, what, errno);
}

/// What stat() says of a path; false where there is nothing that it could say it of.
AISLE_API bool look_at(const std::string& path, struct ::stat& info) {
  if (::stat(path.c_str(), &info) == 0) return true;
  if (!is_fault_of_file(errno)) throw_errno(path, "cannot stat");
  return false;
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

AISLE_API std::int64_t nanoseconds(const struct ::timespec& t) {
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

/// The caller closes what this returns; `info` is what the system says of it.
AISLE_API int open_for_reading(const std::string& path, file_kinds kinds, struct ::stat& info) {
  require_no_zero_byte(path);
  // Opening a pipe waits for its writer: one that is refused is not waited for.
  const int without_waiting = kinds == file_kinds::regular ? O_NONBLOCK : 0;
  int opened = -1;
  do {
    throw_if_interrupted();
    opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | without_waiting);
  } while (opened < 0 && errno == EINTR);
  file_handle handle(opened);
  if (handle.get() < 0) throw_errno(path, "cannot open");
  if (::fstat(handle.get(), &info) != 0) throw_errno(path, "cannot stat");
  if (S_ISDIR(info.st_mode)) throw file_error(path, "cannot read: is a directory");
  if (kinds == file_kinds::regular && !S_ISREG(info.st_mode))
    throw file_error(path, "cannot read: expected a file, found a device or pipe");
  return handle.release();
}

/// Throws where a file is no longer what it was when it was opened.
AISLE_API void require_unchanged(const std::string& path, int handle, std::uint64_t size,
                                 std::int64_t written_ns) {
  struct ::stat now {};
  if (::fstat(handle, &now) != 0) throw_errno(path, "cannot stat");
  const auto bytes = static_cast<std::uint64_t>(now.st_size);
  if (bytes < size)
    throw file_error(path, "has become shorter while it was read: " + counted(bytes, "byte") + ", expected " +
                               std::to_string(size));
  if (bytes > size || nanoseconds(now.st_mtim) != written_ns)
    throw file_error(path, "was written to while it was read");
}

/// Creates a file beside `target`, which `path` leads to, under a name that no other writer has, in this
/// process or another. It has the permissions of the file that it is to replace from the start.
AISLE_API int create_part(const std::string& path, const std::string& target, std::string& part) {
  // A rename would put a file in the place of /dev/null.
  struct ::stat info {};
  const bool replaces = ::stat(target.c_str(), &info) == 0;
  if (replaces && !S_ISREG(info.st_mode))
    throw file_error(path, S_ISDIR(info.st_mode) ? "cannot write: is a directory"
                                                 : "cannot write: expected a file, found a device or pipe");
  // What writers of this file left that were killed.
  remove_left_behind(target, "part");
  const int handle = create_held(target, "part", part, replaces ? 0600 : 0666);
  if (handle < 0) throw_errno(path, "cannot create");
  note_unfinished(part);
  if (replaces) static_cast<void>(::fchmod(handle, info.st_mode & 0777));  // some file systems have none
  return handle;
}

}  // namespace detail

AISLE_API input_file::input_file(std::string path) : path_(std::move(path)) {
  struct ::stat info {};
  handle_ = detail::open_for_reading(path_, file_kinds::regular, info);
  size_ = static_cast<std::uint64_t>(info.st_size);
  written_ns_ = detail::nanoseconds(info.st_mtim);
}
AISLE_API input_file::input_file(input_file&& other) noexcept
    : path_(std::move(other.path_)),
      size_(other.size_),
      written_ns_(other.written_ns_),
      handle_(std::exchange(other.handle_, -1)) {}
AISLE_API input_file& input_file::operator=(input_file&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(written_ns_, other.written_ns_);
  std::swap(handle_, other.handle_);
  return *this;
}
AISLE_API input_file::~input_file() {
  if (handle_ >= 0) ::close(handle_);
}

AISLE_API void input_file::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  constexpr std::size_t piece = std::size_t{16} << 20;  // between looks at interrupted()
  for (std::size_t done = 0; done < out.size();) {
    throw_if_interrupted();
    const ::ssize_t n = ::pread(handle_, out.data() + done, std::min(piece, out.size() - done),
                                static_cast<::off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::throw_errno(path_, "cannot read");
    if (n == 0) {
      detail::require_unchanged(path_, handle_, size_, written_ns_);
      throw file_error(path_, "ends at byte " + std::to_string(offset + done) + ", expected " +
                                  counted(out.size(), "byte") + " from offset " + std::to_string(offset));
    }
    done += static_cast<std::size_t>(n);
  }
  detail::require_unchanged(path_, handle_, size_, written_ns_);
}

AISLE_API file_stamp input_file::stamp() const {
  struct ::stat info {};
  if (::fstat(handle_, &info) != 0) detail::throw_errno(path_, "cannot stat");
  return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
          static_cast<std::uint64_t>(info.st_size), detail::nanoseconds(info.st_mtim),
          detail::nanoseconds(info.st_ctim)};
}

AISLE_API atomic_file::atomic_file(std::string path) : path_(std::move(path)) {
  detail::require_no_zero_byte(path_);
  target_ = follow_links(path_);
  handle_ = detail::create_part(path_, target_, part_);
}
AISLE_API atomic_file::atomic_file(atomic_file&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      part_(std::move(other.part_)),
      buffer_(std::move(other.buffer_)),
      flushed_(other.flushed_),
      handle_(std::exchange(other.handle_, -1)) {}
AISLE_API atomic_file::~atomic_file() {
  if (handle_ < 0) return;
  ::close(handle_);
  ::unlink(part_.c_str());
  detail::forget_unfinished(part_);
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
  detail::forget_unfinished(part_);
  if (::close(handle) != 0 || std::rename(part_.c_str(), target_.c_str()) != 0) {
    const int code = errno;
    ::unlink(part_.c_str());
    errno = code;
    detail::throw_errno(path_, "cannot replace");
  }
}

AISLE_API std::string read_file(const std::string& path, std::uint64_t limit, file_kinds kinds) {
  struct ::stat info {};
  const detail::file_handle handle(detail::open_for_reading(path, kinds, info));
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const auto refuse_above = [&](std::uint64_t bytes) {
    if (bytes > limit) throw file_error(path, "is larger than the limit of " + counted(limit, "byte"));
  };
  refuse_above(size);
  const bool endless = (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) && ::isatty(handle.get()) == 0;
  std::string content, chunk(1 << 16, '\0');
  // Not by size alone: pipes and /proc files have none.
  content.reserve(static_cast<std::size_t>(size));
  for (;;) {
    throw_if_interrupted();
    const ::ssize_t n = ::read(handle.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::throw_errno(path, "cannot read");
    if (n == 0) break;
    // /dev/null is an empty file; /dev/zero has no end.
    if (endless) throw file_error(path, "cannot read: a device, expected a file or pipe");
    content.append(chunk.data(), static_cast<std::size_t>(n));
    refuse_above(content.size());
  }
  // Of files that state a size: those of /proc state none.
  if (S_ISREG(info.st_mode) && size > 0)
    detail::require_unchanged(path, handle.get(), size, detail::nanoseconds(info.st_mtim));
  return content;
}

AISLE_API void write_file(const std::string& path, std::string_view content) {
  atomic_file f(path);
  f.write(content);
  f.commit();
}

AISLE_API void read_pieces(const input_file& file, const std::function<void(std::string_view)>& each) {
  std::string piece;
  for (std::uint64_t at = 0; at < file.size(); at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(std::uint64_t{1} << 20, file.size() - at)));
    file.read_at(at, std::as_writable_bytes(std::span(piece)));
    each(piece);
  }
}

AISLE_API std::string sha256_of(const input_file& file) {
  sha256 sum;
  read_pieces(file, [&](std::string_view bytes) { sum.update(bytes); });
  return sum.hex();
}

AISLE_API bool file_exists(const std::string& path) {
  struct ::stat info {};
  return detail::look_at(path, info) && S_ISREG(info.st_mode);
}
AISLE_API bool folder_exists(const std::string& path) {
  struct ::stat info {};
  return detail::look_at(path, info) && S_ISDIR(info.st_mode);
}
AISLE_API std::vector<std::string> folder_entries(const std::string& path) {
  // Not by std::filesystem: its iterators end the process where memory runs out.
  const std::unique_ptr<::DIR, int (*)(::DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (!folder) detail::throw_errno(path, "cannot list");
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const ::dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    if (const std::string_view name = entry->d_name; name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) detail::throw_errno(path, "cannot list");
  std::sort(names.begin(), names.end());
  return names;
}
AISLE_API std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> found(::realpath(path.c_str(), nullptr), std::free);
  if (!found) detail::throw_errno(path, "cannot follow");
  return found.get();
}
AISLE_API bool is_link(const std::string& path) {
  struct ::stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}
AISLE_API std::uint64_t file_size(const std::string& path) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code) detail::throw_code(path, "cannot stat", code.value());
  return size;
}
AISLE_API void make_folders(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) detail::throw_code(path, "cannot create folder", code.value());
}

AISLE_API std::string make_part_folder(const std::string& stem) {
  for (;;) {
    std::string path = detail::name_beside(stem, "part");
    if (::mkdir(path.c_str(), 0777) == 0) return path;
    if (errno != EEXIST) detail::throw_errno(path, "cannot create folder");
  }
}

AISLE_API void rename_file(const std::string& from, const std::string& to) {
  std::error_code code;
  std::filesystem::rename(from, to, code);
  if (code) throw file_error(from, "cannot rename to " + to + ": " + code.message());
}
AISLE_API void replace_file(const std::string& from, const std::string& to) {
  const std::string target = follow_links(to);
  struct ::stat info {};
  if (::stat(target.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) throw file_error(to, "cannot replace: expected a file");
    keep_permissions(from, target);
  }
  if (std::rename(from.c_str(), target.c_str()) == 0) return;
  if (errno != EXDEV) detail::throw_errno(to, "cannot replace");
  // A link that leads to another file system.
  atomic_file copy(to);
  read_pieces(input_file(from), [&](std::string_view bytes) { copy.write(bytes); });
  copy.commit();
  keep_permissions(target, from);
  remove_file(from);
}
AISLE_API void keep_permissions(const std::string& from, const std::string& to) {
  struct ::stat info {};
  if (::stat(to.c_str(), &info) == 0 && S_ISREG(info.st_mode))
    static_cast<void>(::chmod(from.c_str(), info.st_mode & 0777));  // some file systems have none
}
AISLE_API void remove_file(const std::string& path) {
  std::error_code code;
  std::filesystem::remove(path, code);
  if (code) throw file_error(path, "cannot remove: " + code.message());
}
AISLE_API void remove_flat_folder(const std::string& path) noexcept {
#ifdef __linux__
  const detail::file_handle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return;
  // opendir() would take memory.
  struct entry {
    std::uint64_t inode;
    std::int64_t next;
    unsigned short size;
    unsigned char type;
  };
  constexpr std::size_t name_at = 19;
  alignas(entry) char buffer[8192];
  for (long n; (n = ::syscall(SYS_getdents64, folder.get(), buffer, sizeof buffer)) > 0;)
    for (long at = 0; at < n;) {
      entry e;
      std::memcpy(&e, buffer + at, sizeof e);
      ::unlinkat(folder.get(), buffer + at + name_at, 0);  // fails of . and ..
      at += e.size;
    }
#else
  try {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  } catch (...) {
  }
#endif
  ::rmdir(path.c_str());
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

AISLE_API std::optional<file_identity> identify_file(const std::string& path) {
  struct ::stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return file_identity{static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino)};
}
AISLE_API std::string follow_links(std::string path) {
  constexpr int most = 40;  // as Linux
  for (int links = 0; links < most; ++links) {
    std::error_code code;
    const std::filesystem::path to = std::filesystem::read_symlink(path, code);
    if (code) return path;  // no link
    path = join_path(parent_folder(path), to.string());
  }
  throw file_error(path, "cannot open: a symbolic link that leads to itself");
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
