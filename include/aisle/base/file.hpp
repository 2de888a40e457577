#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>

// File access. Paths are UTF-8 byte strings. Errors are thrown as file_error with the path and the system's
// reason.

AISLE_NAMESPACE_BEGIN

/// What the system says of a file's state. Two that are equal are of one content, unless it was written
/// within the tick of the clock (some milliseconds) that both fell into: changed_ns is set by every write and
/// by nobody's wish.
struct file_stamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  bool operator==(const file_stamp&) const = default;
};

/// A regular file open for reading at any offset; safe from several threads at once (pread). Nothing is
/// mapped: a file that is cut while it is read is an error, not a signal.
class input_file {
 public:
  explicit input_file(std::string path);
  input_file(input_file&&) noexcept;
  input_file& operator=(input_file&&) noexcept;
  ~input_file();

  const std::string& path() const& noexcept { return path_; }
  std::string path() const&& { return path(); }
  std::uint64_t size() const noexcept { return size_; }
  /// Fills `out` from `offset`; throws if the file ends before, or was written to since it was opened.
  void read_at(std::uint64_t offset, std::span<std::byte> out) const;
  /// As the file is now.
  file_stamp stamp() const;

 private:
  std::string path_;
  std::uint64_t size_ = 0;
  std::int64_t written_ns_ = 0;  ///< when it was last written to
  int handle_ = -1;
};

/// An output that appears whole or not at all: written beside the target as `PATH.PID-N.part`, synced and
/// renamed by commit(). Parts of this target whose writers were killed are deleted. Without commit() (an
/// exception, say) the part file is removed and an existing target stays as it was. The part's name is nobody
/// else's: of two writers of one target the last to commit wins, whole. A target that is a symbolic link
/// stays one: what it leads to is replaced. An existing file keeps its permissions.
class atomic_file {
 public:
  explicit atomic_file(std::string path);
  atomic_file(atomic_file&&) noexcept;
  atomic_file& operator=(atomic_file&&) = delete;
  ~atomic_file();

  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Overwrites bytes already written (a header whose counts are known at the end).
  void write_at(std::uint64_t offset, const void* data, std::size_t size);
  std::uint64_t size() const noexcept { return flushed_ + buffer_.size(); }
  void commit();
  const std::string& path() const& noexcept { return path_; }
  std::string path() const&& { return path(); }

 private:
  void flush();
  std::string path_, target_, part_, buffer_;  // target: behind links
  std::uint64_t flushed_ = 0;
  int handle_ = -1;
};

enum class file_kinds {
  regular,  ///< a pipe, which might never end, is refused unopened
  streams,  ///< pipes and terminals too, but no other device that holds anything
};
/// The whole file as bytes. Throws file_error for one of more than `limit` bytes, which guards against
/// reading something absurd by mistake, before any memory is taken where the size is known; and for one that
/// changes meanwhile.
std::string read_file(const std::string& path, std::uint64_t limit = std::uint64_t{1} << 40,
                      file_kinds kinds = file_kinds::streams);
/// Writes the whole file atomically.
void write_file(const std::string& path, std::string_view content);

/// Hands over the bytes of a file in order, some megabytes at a time.
void read_pieces(const input_file& file, const std::function<void(std::string_view)>& each);
/// In hexadecimal; read piece by piece.
std::string sha256_of(const input_file& file);

// Both throw machine_error where the system cannot tell: a disk's error is no file that is missing.
bool file_exists(const std::string& path);  ///< a regular file
bool folder_exists(const std::string& path);
/// Names of what is in a folder, sorted. Throws file_error.
std::vector<std::string> folder_entries(const std::string& path);
std::string real_path(const std::string& path);  ///< absolute, links followed; throws file_error
bool is_link(const std::string& path);           ///< a symbolic link, wherever it leads
std::uint64_t file_size(const std::string& path);
void make_folders(const std::string& path);  ///< like mkdir -p
/// Makes a folder `STEM.PID-N.part`, a name that nobody else has, and returns its path.
std::string make_part_folder(const std::string& stem);
void rename_file(const std::string& from, const std::string& to);  ///< within a file system; replaces `to`
/// Gives a finished file the place of `to` as atomic_file::commit does.
void replace_file(const std::string& from, const std::string& to);
/// Gives `from` the permissions of the file that it is to replace, where there is one: before `to` is
/// removed.
void keep_permissions(const std::string& from, const std::string& to);
void remove_file(const std::string& path);  ///< or an empty folder; one that is not there is no error
/// A folder of files alone, as far as that is possible; needs no memory, so that destructors can.
void remove_flat_folder(const std::string& path) noexcept;
void remove_tree(const std::string& path);                   ///< like rm -rf
void cut_file(const std::string& path, std::uint64_t size);  ///< to its first `size` bytes

/// What a path leads to, whatever it is called there: all links to a file have one identity.
struct file_identity {
  std::uint64_t device = 0, inode = 0;
  bool operator==(const file_identity&) const = default;
};
/// Empty where there is nothing.
std::optional<file_identity> identify_file(const std::string& path);
/// Where a path leads when the last part of it is a symbolic link, or several one after the other; there need
/// be nothing.
std::string follow_links(std::string path);

/// "a" + "b" -> "a/b"; an absolute `name` stays as it is.
std::string join_path(std::string_view folder, std::string_view name);
/// "a/b.csv" -> "b.csv", "a/b/" -> "b"
std::string file_name(std::string_view path);
/// "a/b.csv" -> "a", "b.csv" -> "."
std::string parent_folder(std::string_view path);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/file.ipp>
#endif
