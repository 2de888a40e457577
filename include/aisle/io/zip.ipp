#pragma once

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include <aisle/base/counted.hpp>
#include <aisle/io/zip.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Little-endian integers of a record whose size the caller has checked.
template <class T>
T zip_field(std::string_view record, std::size_t at) {
  T v{};
  std::memcpy(&v, record.data() + at, sizeof v);
  return v;
}

AISLE_API std::string zip_read(const input_file& file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset)
    throw format_error(file.path(), "is a damaged zip archive: " + counted(size, "byte") + " at offset " +
                                        std::to_string(offset) +
                                        (size == 1 ? " lies outside of it" : " lie outside of it"));
  std::string out(static_cast<std::size_t>(size), '\0');
  file.read_at(offset, std::as_writable_bytes(std::span(out.data(), out.size())));
  return out;
}

struct zip_extent {
  std::uint64_t offset, size, count;
};

/// Where the central directory is: from the last end record in the file, or the zip64 one it points to.
AISLE_API zip_extent find_zip_directory(const input_file& file) {
  constexpr std::size_t end_size = 22, locator_size = 20, end64_size = 56;
  const std::uint64_t tail_size = std::min<std::uint64_t>(file.size(), end_size + 65535);
  const std::string tail = zip_read(file, file.size() - tail_size, tail_size);
  std::size_t at = tail.rfind(std::string_view("PK\5\6", 4));
  while (at != std::string::npos && (tail.size() - at < end_size ||
                                     tail.size() - at - end_size != zip_field<std::uint16_t>(tail, at + 20)))
    at = at == 0 ? std::string::npos : tail.rfind(std::string_view("PK\5\6", 4), at - 1);
  if (at == std::string::npos)
    throw format_error(file.path(), "is a damaged zip archive: it has no end record (cut off?)");
  zip_extent out{zip_field<std::uint32_t>(tail, at + 16), zip_field<std::uint32_t>(tail, at + 12),
                 zip_field<std::uint16_t>(tail, at + 10)};
  if (at >= locator_size && tail.compare(at - locator_size, 4, "PK\6\7") == 0) {
    const std::string end64 =
        zip_read(file, zip_field<std::uint64_t>(tail, at - locator_size + 8), end64_size);
    if (end64.compare(0, 4, "PK\6\6") != 0)
      throw format_error(file.path(), "is a damaged zip archive: it has no zip64 end record where it says");
    out = {zip_field<std::uint64_t>(end64, 48), zip_field<std::uint64_t>(end64, 40),
           zip_field<std::uint64_t>(end64, 32)};
  }
  return out;
}

/// Replaces the fields that are 0xFFFFFFFF by those of the zip64 extra field, in their fixed order.
AISLE_API void apply_zip64(std::string_view extra, std::uint64_t& size, std::uint64_t& packed,
                           std::uint64_t& offset) {
  while (extra.size() >= 4) {
    const auto id = zip_field<std::uint16_t>(extra, 0), length = zip_field<std::uint16_t>(extra, 2);
    extra.remove_prefix(4);
    std::string_view field = extra.substr(0, length);
    extra.remove_prefix(field.size());
    if (id != 1) continue;
    for (std::uint64_t* v : {&size, &packed, &offset}) {
      if (*v != 0xFFFFFFFFu || field.size() < 8) continue;
      *v = zip_field<std::uint64_t>(field, 0);
      field.remove_prefix(8);
    }
  }
}

}  // namespace detail

AISLE_API zip_directory::zip_directory(const input_file& file) {
  constexpr std::uint64_t header_size = 46, max_directory = std::uint64_t{1} << 28;
  const auto extent = detail::find_zip_directory(file);
  if (extent.size > max_directory)
    throw format_error(file.path(),
                       "is a damaged zip archive: a directory of " + counted(extent.size, "byte"));
  const std::string all = detail::zip_read(file, extent.offset, extent.size);
  std::string_view rest = all;
  for (std::uint64_t i = 0; i < extent.count; ++i) {
    if (rest.size() < header_size || !rest.starts_with("PK\1\2"))
      throw format_error(file.path(), "is a damaged zip archive: member " + std::to_string(i) + " of " +
                                          std::to_string(extent.count) + " has no directory entry");
    const std::size_t name = detail::zip_field<std::uint16_t>(rest, 28),
                      extra = detail::zip_field<std::uint16_t>(rest, 30),
                      comment = detail::zip_field<std::uint16_t>(rest, 32);
    if (rest.size() - header_size < name + extra + comment)
      throw format_error(file.path(), "is a damaged zip archive: its directory is cut off");
    member m;
    m.encrypted = (detail::zip_field<std::uint16_t>(rest, 8) & 1u) != 0;
    m.method = detail::zip_field<std::uint16_t>(rest, 10);
    m.name = rest.substr(header_size, name);
    std::uint64_t packed = detail::zip_field<std::uint32_t>(rest, 20);
    m.size = detail::zip_field<std::uint32_t>(rest, 24);
    m.header_offset = detail::zip_field<std::uint32_t>(rest, 42);
    detail::apply_zip64(rest.substr(header_size + name, extra), m.size, packed, m.header_offset);
    if (m.method == 0 && packed != m.size)
      throw format_error(file.path(), "is a damaged zip archive: member '" + m.name + "' has two sizes");
    members_.push_back(std::move(m));
    rest.remove_prefix(header_size + name + extra + comment);
  }
  by_name_.resize(members_.size());
  std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
  std::sort(by_name_.begin(), by_name_.end(),
            [&](std::size_t a, std::size_t b) { return members_[a].name < members_[b].name; });
  for (std::size_t i = 1; i < by_name_.size(); ++i)
    if (members_[by_name_[i]].name == members_[by_name_[i - 1]].name)
      throw format_error(file.path(),
                         "is a damaged zip archive: two members '" + members_[by_name_[i]].name + "'");
}

AISLE_API const zip_directory::member* zip_directory::find(std::string_view name) const noexcept {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [&](std::size_t a, std::string_view b) { return members_[a].name < b; });
  return found != by_name_.end() && members_[*found].name == name ? &members_[*found] : nullptr;
}

AISLE_API std::uint64_t zip_directory::data_offset(const input_file& file, const member& m) const {
  if (m.encrypted) throw format_error(file.path(), "member '" + m.name + "' is encrypted");
  if (m.method != 0)
    throw format_error(file.path(), "member '" + m.name + "' is compressed (method " +
                                        std::to_string(m.method) +
                                        "), expected a stored one as PyTorch writes");
  constexpr std::uint64_t header_size = 30;
  const std::string header = detail::zip_read(file, m.header_offset, header_size);
  if (header.compare(0, 4, "PK\3\4") != 0)
    throw format_error(file.path(),
                       "is a damaged zip archive: member '" + m.name + "' has no header where it should");
  const std::uint64_t offset = m.header_offset + header_size + detail::zip_field<std::uint16_t>(header, 26) +
                               detail::zip_field<std::uint16_t>(header, 28);
  if (offset > file.size() || m.size > file.size() - offset)
    throw format_error(file.path(), "is cut off: member '" + m.name + "' ends at byte " +
                                        std::to_string(offset + m.size) + ", the file has " +
                                        std::to_string(file.size()));
  return offset;
}

AISLE_API std::string zip_directory::read(const input_file& file, const member& m,
                                          std::uint64_t limit) const {
  if (m.size > limit)
    throw format_error(file.path(), "member '" + m.name + "' has " + counted(m.size, "byte") +
                                        ", more than " + std::to_string(limit));
  return detail::zip_read(file, data_offset(file, m), m.size);
}

AISLE_NAMESPACE_END
