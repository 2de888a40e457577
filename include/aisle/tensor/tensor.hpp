#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/dtype.hpp>
#include <aisle/tensor/shape.hpp>

AISLE_NAMESPACE_BEGIN

/// A dense row-major array with a run-time element type. Copies share the elements (they are reference
/// counted and may live in a mapped file), so passing a tensor by value is cheap; `data<T>()` of a tensor
/// made by `tensor(...)` may be written while it is being filled.
class tensor {
 public:
  tensor() = default;

  /// Uninitialised elements.
  tensor(aisle::dtype type, aisle::shape dims) : type_(type), shape_(dims) {
    auto owner = std::make_shared<buffer<std::byte>>(bytes_needed());
    data_ = std::shared_ptr<std::byte>(owner, owner->data());
  }

  /// Elements owned by someone else (a mapped file). They may be unaligned: read them through data<T>() only
  /// when aligned() says so, or convert with to_f32.
  tensor(aisle::dtype type, aisle::shape dims, std::shared_ptr<const std::byte> data)
      : type_(type), shape_(dims), data_(std::const_pointer_cast<std::byte>(std::move(data))) {}

  aisle::dtype type() const noexcept { return type_; }
  const aisle::shape& dims() const noexcept { return shape_; }
  std::int64_t elements() const noexcept { return data_ ? shape_.elements() : 0; }
  bool empty() const noexcept { return elements() == 0; }
  std::span<const std::byte> bytes() const noexcept { return {data_.get(), data_ ? bytes_needed() : 0}; }
  std::span<std::byte> mutable_bytes() noexcept { return {data_.get(), data_ ? bytes_needed() : 0}; }
  bool aligned() const noexcept {
    return reinterpret_cast<std::uintptr_t>(data_.get()) % size_of(type_) == 0;
  }

  /// The elements as T; throws shape_error if the type differs.
  template <class T>
  std::span<const T> data() const {
    check_type<T>();
    return {reinterpret_cast<const T*>(data_.get()), static_cast<std::size_t>(elements())};
  }
  template <class T>
  std::span<T> data() {
    check_type<T>();
    return {reinterpret_cast<T*>(data_.get()), static_cast<std::size_t>(elements())};
  }

 private:
  std::size_t bytes_needed() const noexcept {
    return static_cast<std::size_t>(shape_.elements()) * size_of(type_);
  }
  template <class T>
  void check_type() const {
    if (dtype_of<T> != type_)
      throw shape_error("a tensor of " + std::string(name_of(type_)) + " read as " +
                        std::string(name_of(dtype_of<T>)));
    if (!aligned())
      throw shape_error("an unaligned tensor of " + std::string(name_of(type_)) + " read in place");
  }

  aisle::dtype type_ = aisle::dtype::f32;
  aisle::shape shape_;
  std::shared_ptr<std::byte> data_;
};

AISLE_NAMESPACE_END
