#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/file.hpp>

AISLE_NAMESPACE_BEGIN

/// The directory of a zip archive (zip64 too), for formats that store their members uncompressed, so that
/// data are read in place. Source: PKWARE APPNOTE 6.3.10.
class zip_directory {
 public:
  struct member {
    std::string name;
    std::uint64_t size = 0;           ///< in bytes, uncompressed
    std::uint64_t header_offset = 0;  ///< of the local header
    std::uint16_t method = 0;         ///< 0 stored, 8 deflate
    bool encrypted = false;
  };

  /// Reads the central directory. Throws format_error when it is damaged.
  explicit zip_directory(const input_file& file);

  /// In the order of the directory.
  const std::vector<member>& members() const noexcept { return members_; }
  /// Null when there is none of this name.
  const member* find(std::string_view name) const noexcept;
  /// Position in the file of a member's bytes, all of which lie in the file. Throws format_error for a member
  /// that is compressed or encrypted.
  std::uint64_t data_offset(const input_file& file, const member& m) const;
  /// A member's bytes; throws format_error when there are more than `limit`.
  std::string read(const input_file& file, const member& m, std::uint64_t limit) const;

 private:
  std::vector<member> members_;
  std::vector<std::size_t> by_name_;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/zip.ipp>
#endif
