#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include <aisle/base/counted.hpp>
#include <aisle/io/nearest_name.hpp>
#include <aisle/io/state_dict.hpp>

AISLE_NAMESPACE_BEGIN

static_assert(std::endian::native == std::endian::little, "checkpoints are read as they lie: little-endian");

namespace detail {

template <class T>
void convert_elements(const std::byte* from, std::span<float> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    T v;
    std::memcpy(&v, from + i * sizeof(T), sizeof(T));
    if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>)
      to[i] = to_float(v);
    else
      to[i] = static_cast<float>(v);
  }
}

/// Copies a strided array, of rank 1 or more, to row-major order. Strides are in elements and not negative.
AISLE_API void gather_strided(const std::byte* from, const shape& dims, std::span<const std::int64_t> strides,
                              std::size_t size, std::byte* to) {
  const std::int64_t inner = dims[dims.rank() - 1];
  const auto inner_step = static_cast<std::size_t>(strides[dims.rank() - 1]) * size;
  const std::int64_t outer = inner > 0 ? dims.elements() / inner : 0;
  for (std::int64_t o = 0; o < outer; ++o) {
    std::size_t start = 0;
    for (std::int64_t rest = o, d = static_cast<std::int64_t>(dims.rank()) - 2; d >= 0; --d) {
      const auto axis = static_cast<std::size_t>(d);
      start += static_cast<std::size_t>((rest % dims[axis]) * strides[axis]);
      rest /= dims[axis];
    }
    const std::byte* p = from + start * size;
    for (std::int64_t i = 0; i < inner; ++i, p += inner_step, to += size) std::memcpy(to, p, size);
  }
}

/// Fills `out` with the entry's elements in row-major order and its own type.
AISLE_API void read_elements(const state_dict::entry& e, std::span<std::byte> out) {
  if (!e.file) {
    std::copy_n(e.memory.bytes().data(), out.size(), out.data());
  } else if (e.strides.empty()) {
    e.file->file().read_at(e.offset, out);
  } else if (!out.empty()) {
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < e.dims.rank(); ++i)
      last += static_cast<std::uint64_t>((e.dims[i] - 1) * e.strides[i]);
    buffer<std::byte> touched(static_cast<std::size_t>(last + 1) * size_of(e.type));
    e.file->file().read_at(e.offset, touched);
    gather_strided(touched.data(), e.dims, e.strides, size_of(e.type), out.data());
  }
}

}  // namespace detail

AISLE_API void convert_to_f32(dtype type, const std::byte* from, std::span<float> to) {
  switch (type) {
    case dtype::f32:
      if (!to.empty()) std::memcpy(to.data(), from, to.size_bytes());
      break;
    case dtype::f64:
      detail::convert_elements<double>(from, to);
      break;
    case dtype::f16:
      detail::convert_elements<float16>(from, to);
      break;
    case dtype::bf16:
      detail::convert_elements<bfloat16>(from, to);
      break;
    case dtype::i8:
      detail::convert_elements<std::int8_t>(from, to);
      break;
    case dtype::u8:
    case dtype::boolean:
      detail::convert_elements<std::uint8_t>(from, to);
      break;
    case dtype::i16:
      detail::convert_elements<std::int16_t>(from, to);
      break;
    case dtype::i32:
      detail::convert_elements<std::int32_t>(from, to);
      break;
    case dtype::i64:
      detail::convert_elements<std::int64_t>(from, to);
      break;
  }
}

AISLE_API const state_dict::entry* state_dict::find(std::string_view name) const& {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

AISLE_API std::vector<std::string> state_dict::nearest(std::string_view name, std::size_t count) const {
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    order.emplace_back(edit_distance(name, entries_[i].name), i);
  count = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end());
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(entries_[order[i].second].name);
  return out;
}

AISLE_API std::string state_dict::list_nearest(std::string_view name) const {
  std::string out;
  for (const std::string& nearby : nearest(name, contains(name) ? 4 : 3))
    if (nearby != name)
      out += (out.empty() ? "; nearest: '" : ", '") + nearby.substr(0, 200) + "' " +
             to_string(find(nearby)->dims);
  return out;
}

AISLE_API void state_dict::throw_missing(std::string_view name, const std::string& shape_text) const {
  throw tensor_error(prefix() + "no tensor '" + std::string(name) + "'" + shape_text +
                     (entries_.empty() ? "; there are no tensors" : list_nearest(name)));
}

AISLE_API const state_dict::entry& state_dict::at(std::string_view name) const& {
  const entry* e = find(name);
  if (e == nullptr) throw_missing(name, "");
  return *e;
}

AISLE_API const state_dict::entry& state_dict::readable(std::string_view name) const {
  const entry& e = at(name);
  if (!e.unsupported.empty())
    throw tensor_error(prefix() + "tensor '" + e.name + "' cannot be read: " + e.unsupported);
  return e;
}

AISLE_API const state_dict::entry&(state_dict::require)(std::string_view name, const shape& expected) const& {
  if (!contains(name)) throw_missing(name, " of shape " + to_string(expected));
  const entry& e = readable(name);
  if (e.dims != expected)
    throw tensor_error(prefix() + "tensor '" + e.name + "' has shape " + to_string(e.dims) + ", expected " +
                       to_string(expected) + list_nearest(name));
  return e;
}

AISLE_API tensor state_dict::read(std::string_view name) const {
  const entry& e = readable(name);
  if (!e.file) return tensor(e.memory);
  tensor out(e.type, e.dims);
  detail::read_elements(e, out.mutable_bytes());
  return out;
}

AISLE_API void state_dict::read_f32(std::string_view name, std::span<float> out) const {
  const entry& e = readable(name);
  const auto elements = static_cast<std::size_t>(e.dims.elements());
  if (out.size() != elements)
    throw shape_error(prefix() + "tensor '" + e.name + "' has " + counted(elements, "element") +
                      ", room for " + std::to_string(out.size()) + " was given");
  if (out.empty()) return;
  if (!e.file) {
    convert_to_f32(e.type, e.memory.bytes().data(), out);
  } else if (e.type == dtype::f32) {
    detail::read_elements(e, std::as_writable_bytes(out));
  } else if (!e.strides.empty()) {
    buffer<std::byte> native(static_cast<std::size_t>(e.bytes()));
    detail::read_elements(e, native);
    convert_to_f32(e.type, native.data(), out);
  } else {
    constexpr std::size_t block = 16384;
    buffer<std::byte> native(std::min(block, elements) * size_of(e.type));
    for (std::size_t i = 0; i < elements; i += block) {
      const std::size_t n = std::min(block, elements - i);
      e.file->file().read_at(e.offset + i * size_of(e.type), std::span(native).first(n * size_of(e.type)));
      convert_to_f32(e.type, native.data(), out.subspan(i, n));
    }
  }
}

AISLE_API tensor state_dict::read_f32(std::string_view name) const {
  tensor out(dtype::f32, readable(name).dims);
  read_f32(name, out.data<float>());
  return out;
}

AISLE_API shared_tensor state_dict::share(std::string_view name) const {
  const entry& e = readable(name);
  return e.file ? shared_tensor(read(name)) : e.memory;
}

AISLE_API void state_dict::add(entry e) {
  if (!e.file && e.unsupported.empty() && (e.memory.type() != e.type || e.memory.dims() != e.dims))
    throw tensor_error(prefix() + "tensor '" + e.name + "' in memory is " + to_string(e.memory.dims()) + " " +
                       std::string(name_of(e.memory.type())) + ", its entry says " + to_string(e.dims) + " " +
                       std::string(name_of(e.type)));
  if (!index_.try_emplace(e.name, entries_.size()).second)
    throw tensor_error(prefix() + "tensor '" + e.name + "' is given twice");
  entries_.push_back(std::move(e));
}

AISLE_API void state_dict::add(std::string name, shared_tensor value) {
  entry e{.name = std::move(name), .type = value.type(), .dims = value.dims()};
  e.memory = std::move(value);
  add(std::move(e));
}

AISLE_API state_dict state_dict::renamed(const std::function<std::string(const std::string&)>& rename) const {
  state_dict out(path_);
  out.metadata_ = metadata_;
  out.wrapping_ = wrapping_;
  for (const entry& e : entries_) {
    entry copy = e;
    copy.name = rename(e.name);
    if (!copy.name.empty()) out.add(std::move(copy));
  }
  return out;
}

AISLE_NAMESPACE_END
