#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>

AISLE_NAMESPACE_BEGIN

/// A file `PATH.PID-N.SUFFIX` that grows at its end, locked while its writer lives: the system gives the lock
/// back when a process dies, so a file of this kind that nobody holds was left behind. Advisory, as
/// folder_lock is.
class held_file {
 public:
  /// A new one, of a name that nobody has. Throws file_error.
  static held_file create(const std::string& path, std::string_view suffix);
  /// One that was left behind; none where its writer lives, where it is gone, or where the file system has no
  /// locks and so nobody can tell.
  static std::optional<held_file> take(const std::string& file);
  held_file(held_file&& other) noexcept;
  held_file& operator=(held_file&& other) noexcept;
  ~held_file();

  const std::string& path() const noexcept { return path_; }
  /// Passes the bytes on to the system, which keeps them if this process is killed. Throws file_error.
  void append(std::string_view bytes);
  /// Has them on the disk, where they outlive a power cut.
  void sync();
  /// Deletes the file, if it is there.
  void remove() noexcept;

 private:
  held_file(std::string path, int handle) noexcept;
  std::string path_;
  int handle_ = -1;
};

/// A folder `PATH.PID-N.part` for files that are to appear together, held in the same way; it goes with this
/// object, and so do the files in it (it has no folders).
class held_folder {
 public:
  /// A new one; those of this name that were left behind go. Throws file_error.
  explicit held_folder(const std::string& path);
  held_folder(const held_folder&) = delete;
  held_folder& operator=(const held_folder&) = delete;
  ~held_folder();

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  int handle_ = -1;
};

/// All files and folders `PATH.PID-N.SUFFIX`, in alphabetical order.
std::vector<std::string> held_files(const std::string& path, std::string_view suffix);
/// Deletes those that were left behind.
void remove_left_behind(const std::string& path, std::string_view suffix);

namespace detail {
/// PATH.PID-N.SUFFIX, another N each time: a name that no other process takes, but for one in another
/// container.
std::string name_beside(const std::string& path, std::string_view suffix);
/// The system's handle of a new file of this kind, whose name goes to `name`; -1 with errno where it cannot
/// be made. The caller closes it.
int create_held(const std::string& path, std::string_view suffix, std::string& name,
                unsigned permissions = 0666);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/held_file.ipp>
#endif
