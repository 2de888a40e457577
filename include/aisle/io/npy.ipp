#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/npy.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::array<std::pair<std::string_view, dtype>, 9> npy_types = {{{"<f4", dtype::f32},
                                                                                 {"<f8", dtype::f64},
                                                                                 {"<f2", dtype::f16},
                                                                                 {"|i1", dtype::i8},
                                                                                 {"|u1", dtype::u8},
                                                                                 {"<i2", dtype::i16},
                                                                                 {"<i4", dtype::i32},
                                                                                 {"<i8", dtype::i64},
                                                                                 {"|b1", dtype::boolean}}};

/// The header is a Python dict such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class npy_header {
 public:
  npy_header(std::string_view text, std::string path) : text_(text), path_(std::move(path)) {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !descr)
        descr = string();
      else if (key == "fortran_order" && !fortran)
        fortran = boolean();
      else if (key == "shape" && !dims)
        dims = tuple();
      else
        fail("an unexpected key '" + std::string(key.substr(0, 100)) + "'");
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (at_ != text_.size()) fail("text behind its dict");
    if (!descr || !fortran || !dims) fail("no descr, fortran_order or shape");
  }

  std::optional<std::string_view> descr;
  std::optional<bool> fortran;
  std::optional<std::vector<std::int64_t>> dims;

  [[noreturn]] void fail(const std::string& what) const {
    throw format_error(path_, "is no .npy file that can be read: its header has " + what);
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("no '") + c + "' at byte " + std::to_string(at_));
  }
  std::string_view string() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail("a string that never closes");
    const std::string_view out = text_.substr(at_, end - at_);
    at_ = end + 1;
    return out;
  }
  bool boolean() {
    skip();
    for (const auto& [word, value] :
         {std::pair(std::string_view("True"), true), std::pair(std::string_view("False"), false)})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    fail("no True or False at byte " + std::to_string(at_));
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> out;
    expect('(');
    while (!accept(')')) {
      skip();
      std::int64_t v = 0;
      const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
      if (code != std::errc() || v < 0) fail("no size at byte " + std::to_string(at_));
      at_ = static_cast<std::size_t>(end - text_.data());
      accept('L');  // Python 2
      out.push_back(v);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return out;
  }

  std::string_view text_;
  std::string path_;
  std::size_t at_ = 0;
};

/// Elements in Fortran order to C order.
AISLE_API tensor from_fortran(const tensor& t) {
  tensor out(t.type(), t.dims());
  const std::size_t rank = t.dims().rank(), size = size_of(t.type());
  std::array<std::int64_t, shape::max_rank> index{}, step{};
  std::int64_t n = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    step[d] = n;
    n *= t.dims()[d];
  }
  std::int64_t from = 0;
  std::byte* to = out.mutable_bytes().data();
  for (std::int64_t i = 0; i < n; ++i, to += size) {
    std::memcpy(to, t.bytes().data() + static_cast<std::size_t>(from) * size, size);
    for (std::size_t d = rank; d-- > 0;) {
      from += step[d];
      if (++index[d] < t.dims()[d]) break;
      from -= step[d] * t.dims()[d];
      index[d] = 0;
    }
  }
  return out;
}

}  // namespace detail

AISLE_API tensor read_npy(const std::string& path) {
  const input_file file(path);
  std::array<unsigned char, 12> start{};
  if (file.size() < start.size()) throw format_error(path, "is no .npy file: it is too short");
  file.read_at(0, std::as_writable_bytes(std::span(start)));
  if (std::memcmp(start.data(), "\x93NUMPY", 6) != 0) throw format_error(path, "is no .npy file");
  const int version = start[6];
  if (version < 1 || version > 3)
    throw format_error(path, "is a .npy file of version " + std::to_string(version) + ", expected 1 to 3");
  const std::uint64_t at = version == 1 ? 10 : 12;
  std::uint64_t length = start[8] + (std::uint64_t{start[9]} << 8);
  if (version > 1) length += (std::uint64_t{start[10]} << 16) + (std::uint64_t{start[11]} << 24);
  if (length > (1u << 20) || length > file.size() - at)
    throw format_error(path, "is cut off or damaged: its header has " + counted(length, "byte"));
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read_at(at, std::as_writable_bytes(std::span(text.data(), text.size())));

  const detail::npy_header header(text, path);
  std::string descr(*header.descr);
  if (descr.size() == 3 && descr[0] == '<' && descr[2] == '1') descr[0] = '|';
  const auto type = std::find_if(detail::npy_types.begin(), detail::npy_types.end(),
                                 [&](const auto& t) { return t.first == descr; });
  if (type == detail::npy_types.end())
    header.fail("elements '" + descr.substr(0, 100) + "', expected little-endian float, int, uint8 or bool");
  if (header.dims->size() > shape::max_rank) header.fail(counted(header.dims->size(), "dimension"));
  std::uint64_t bytes = size_of(type->second);
  for (const std::int64_t d : *header.dims)
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(d), &bytes) || bytes >> 62 != 0)
      header.fail("a shape that overflows");
  const std::uint64_t data = at + length;
  if (bytes != file.size() - data)
    throw format_error(path, "holds " + counted(file.size() - data, "byte") +
                                 " of elements, its shape needs " + std::to_string(bytes));
  tensor out(type->second, shape(std::span<const std::int64_t>(*header.dims)));
  if (bytes > 0) file.read_at(data, out.mutable_bytes());
  return *header.fortran && bytes > 0 && out.dims().rank() > 1 ? detail::from_fortran(out) : out;
}

namespace detail {
/// Everything in front of the elements (version 1.0, C order).
AISLE_API std::string npy_preamble(std::string_view descr, std::span<const std::int64_t> dims) {
  std::string header = "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < dims.size(); ++i) header += (i ? ", " : "") + std::to_string(dims[i]);
  header += dims.size() == 1 ? ",), }" : "), }";
  // numpy pads so that the data start at a multiple of 64, with a newline at the end.
  header.append(63 - (10 + header.size()) % 64, ' ').append(1, '\n');
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 0xFF);
  out += static_cast<char>(header.size() >> 8);
  return out + header;
}
}  // namespace detail

AISLE_API void write_npy(const std::string& path, const tensor& value) {
  const auto type = std::find_if(detail::npy_types.begin(), detail::npy_types.end(),
                                 [&](const auto& t) { return t.second == value.type(); });
  if (type == detail::npy_types.end())
    throw option_error(path + ": NumPy has no elements of " + std::string(name_of(value.type())));
  atomic_file file(path);
  file.write(detail::npy_preamble(type->first, value.dims().dims()));
  const auto bytes = value.bytes();
  for (std::size_t i = 0; i < bytes.size(); i += std::size_t{1} << 20)
    file.write(bytes.data() + i, std::min(std::size_t{1} << 20, bytes.size() - i));
  file.commit();
}

// The preamble's length is the same for every count of rows that fits, so it can be written again at the end.
AISLE_API npy_row_writer::npy_row_writer(const std::string& path, std::int64_t cols)
    : file_(path), cols_(cols) {
  const std::int64_t dims[] = {0, cols};
  file_.write(detail::npy_preamble("<f4", dims));
}

AISLE_API void npy_row_writer::row(std::span<const float> values) {
  if (static_cast<std::int64_t>(values.size()) != cols_)
    throw shape_error(file_.path() + ": a row of " + counted(values.size(), "value") + ", expected " +
                      std::to_string(cols_));
  file_.write(values.data(), values.size_bytes());
  ++rows_;
}

AISLE_API void npy_row_writer::commit() {
  const std::int64_t dims[] = {rows_, cols_};
  const std::string preamble = detail::npy_preamble("<f4", dims);
  file_.write_at(0, preamble.data(), preamble.size());
  file_.commit();
}

AISLE_NAMESPACE_END
