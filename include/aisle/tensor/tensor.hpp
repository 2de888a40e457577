#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/dtype.hpp>
#include <aisle/tensor/shape.hpp>

// Dense row-major arrays whose element type is known at run time. Who owns and who only reads are two types:
//
//   tensor         its own elements: copies copy them, they may be written
//   shared_tensor  elements that others hold too (a checkpoint in memory): copies share them,
//                  nobody writes

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Size in bytes; throws shape_error for one that no memory holds.
inline std::size_t bytes_of(dtype type, const shape& dims) {
  const std::int64_t bytes = checked_product(dims.elements(), static_cast<std::int64_t>(size_of(type)));
  if (bytes < 0)
    throw shape_error("a tensor of " + to_string(dims) + " " + std::string(name_of(type)) +
                      " has more than 2^63 - 1 bytes");
  return static_cast<std::size_t>(bytes);
}

/// `bytes` as elements of T; throws shape_error if the type differs or they are not aligned for it.
template <class T, class Byte>
auto elements_as(dtype type, std::span<Byte> bytes) {
  using element = std::conditional_t<std::is_const_v<Byte>, const T, T>;
  if (dtype_of<T> != type)
    throw shape_error("a tensor of " + std::string(name_of(type)) + " read as " +
                      std::string(name_of(dtype_of<T>)));
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % sizeof(T) != 0)
    throw shape_error("an unaligned tensor of " + std::string(name_of(type)) + " read in place");
  return std::span<element>(reinterpret_cast<element*>(bytes.data()), bytes.size() / sizeof(T));
}

/// What is known of an array without its elements. Moved from, it has none.
class array_form {
 public:
  aisle::dtype type() const noexcept { return type_; }
  const aisle::shape& dims() const& noexcept { return shape_; }
  aisle::shape dims() const&& noexcept { return shape_; }
  std::int64_t elements() const noexcept { return shape_.elements(); }
  bool empty() const noexcept { return elements() == 0; }

 protected:
  array_form() = default;
  array_form(aisle::dtype type, const aisle::shape& dims) : type_(type), shape_(dims) {}
  array_form(const array_form&) = default;
  array_form& operator=(const array_form&) = default;
  array_form(array_form&& other) noexcept { *this = std::move(other); }
  array_form& operator=(array_form&& other) noexcept {
    type_ = other.type_;
    shape_ = other.shape_;
    other.shape_ = {0};
    return *this;
  }
  ~array_form() = default;

 private:
  aisle::dtype type_ = aisle::dtype::f32;
  aisle::shape shape_{0};
};

}  // namespace detail

class shared_tensor;

/// An array that owns its elements. Moved from, it is empty.
class tensor : public detail::array_form {
 public:
  tensor() = default;
  /// Uninitialised elements. Throws shape_error for a size that overflows.
  tensor(aisle::dtype type, aisle::shape dims)
      : array_form(type, dims), data_(detail::bytes_of(type, dims)) {}
  /// A copy of elements that are shared.
  explicit tensor(const shared_tensor& from);

  /// The elements; of a temporary they would dangle.
  std::span<const std::byte> bytes() const& noexcept { return data_; }
  std::span<std::byte> mutable_bytes() & noexcept { return data_; }
  std::span<const std::byte> bytes() const&& = delete;
  std::span<std::byte> mutable_bytes() const&& = delete;
  /// The elements as T; throws shape_error if the type differs.
  template <class T>
  std::span<const T> data() const& {
    return detail::elements_as<T>(type(), bytes());
  }
  template <class T>
  std::span<T> data() & {
    return detail::elements_as<T>(type(), mutable_bytes());
  }
  template <class T>
  std::span<const T> data() const&& = delete;

 private:
  buffer<std::byte> data_;
};

/// An array whose elements are shared and never change. They live as long as anyone shares them, so a copy is
/// cheap and may go to another thread.
class shared_tensor : public detail::array_form {
 public:
  shared_tensor() = default;
  /// Takes the elements over (a tensor that is not moved from is copied first).
  shared_tensor(tensor own) : array_form(own.type(), own.dims()) {
    const auto owner = std::make_shared<const tensor>(std::move(own));
    data_ = std::shared_ptr<const std::byte>(owner, owner->bytes().data());
  }
  /// Elements that `data` keeps alive; there must be as many as type and dimensions say. They
  /// may be unaligned: read them through data<T>() only when aligned() says so. Throws shape_error for a size
  /// that overflows.
  shared_tensor(aisle::dtype type, aisle::shape dims, std::shared_ptr<const std::byte> data)
      : array_form(type, dims), data_(std::move(data)) {
    if (detail::bytes_of(type, dims) > 0 && !data_)
      throw shape_error("a shared tensor of " + to_string(dims) + " without elements");
  }

  bool aligned() const noexcept {
    return reinterpret_cast<std::uintptr_t>(data_.get()) % size_of(type()) == 0;
  }

  /// The elements; of a temporary they might dangle.
  std::span<const std::byte> bytes() const& noexcept {
    return {data_.get(), static_cast<std::size_t>(elements()) * size_of(type())};
  }
  std::span<const std::byte> bytes() const&& = delete;
  /// The elements as T; throws shape_error if the type differs or they are not aligned.
  template <class T>
  std::span<const T> data() const& {
    return detail::elements_as<T>(type(), bytes());
  }
  template <class T>
  std::span<const T> data() const&& = delete;

 private:
  std::shared_ptr<const std::byte> data_;
};

inline tensor::tensor(const shared_tensor& from) : tensor(from.type(), from.dims()) {
  std::copy(from.bytes().begin(), from.bytes().end(), data_.begin());
}

AISLE_NAMESPACE_END
