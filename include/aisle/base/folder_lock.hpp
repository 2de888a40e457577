#pragma once

#include <functional>
#include <string>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>

AISLE_NAMESPACE_BEGIN

/// A folder that somebody else works in.
class locked_error : public file_error {
 public:
  using file_error::file_error;
};

/// The right to write into a folder, held while the object lives and given back by the system when the
/// process dies. Advisory: it keeps out those who ask for it too, in this process and in others.
///
/// The folder itself is locked, so that nothing is left in it. Where the system locks no folders (NFS), a
/// file
/// `.lock` in it is, which stays.
class folder_lock {
 public:
  /// Takes the lock of a folder that exists, or throws locked_error, which names the process that holds it
  /// where the system tells. file_error where the folder cannot be opened or the file system has no locks.
  explicit folder_lock(const std::string& folder);
  /// As above, but waits for it. `waiting` is called some ten times a second with who holds the lock
  /// ("process 123", or empty); what it throws ends the waiting.
  folder_lock(const std::string& folder, const std::function<void(const std::string& holder)>& waiting);
  folder_lock(folder_lock&& other) noexcept;
  folder_lock& operator=(folder_lock&& other) noexcept;
  ~folder_lock();

 private:
  int handle_ = -1;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/folder_lock.ipp>
#endif
