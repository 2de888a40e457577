#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/tensor/tensor.hpp>

TEST_CASE("shapes: elements, equality, text, and a limit on dimensions") {
  const aisle::shape s{64, 3, 7, 7};
  CHECK(s.rank() == 4);
  CHECK(s.elements() == 64 * 3 * 49);
  CHECK(s[1] == 3);
  CHECK(to_string(s) == "[64, 3, 7, 7]");
  CHECK(to_string(aisle::shape{}) == "[]");
  CHECK(aisle::shape{}.elements() == 1);
  CHECK(aisle::shape{2, 0, 3}.elements() == 0);
  CHECK(s == aisle::shape{64, 3, 7, 7});
  CHECK_FALSE(s == aisle::shape{64, 3, 7});
  CHECK_FALSE(s == aisle::shape{64, 3, 7, 8});
  const std::vector<std::int64_t> nine(9, 1);
  CHECK_THROWS_AS(aisle::shape{std::span<const std::int64_t>(nine)}, aisle::shape_error);
}

TEST_CASE("shapes refuse negative sizes and more elements than can be counted") {
  constexpr std::int64_t big = std::int64_t{1} << 40;
  CHECK_THROWS_WITH_AS((aisle::shape{2, -1}), "a tensor of [2, -1], expected no negative dimension",
                       aisle::shape_error);
  CHECK_THROWS_AS((aisle::shape{-1, -1}), aisle::shape_error);
  CHECK_THROWS_WITH_AS((aisle::shape{big, big}),
                       "a tensor of [1099511627776, 1099511627776] has more than 2^63 - 1 elements",
                       aisle::shape_error);
  CHECK(aisle::shape{big, 0, big, big}.elements() == 0);  // none, whatever the others are
  CHECK_THROWS_AS(aisle::tensor(aisle::dtype::f64, {std::int64_t{1} << 61, 2}), aisle::shape_error);
  CHECK_THROWS_AS(aisle::shared_tensor(aisle::dtype::f32, {std::int64_t{1} << 62}, nullptr),
                  aisle::shape_error);
}

TEST_CASE("a copy of a tensor is its own: a const tensor cannot be changed through one") {
  aisle::tensor a(aisle::dtype::f32, {2, 3});
  CHECK(a.elements() == 6);
  CHECK(a.bytes().size() == 24);
  CHECK(reinterpret_cast<std::uintptr_t>(a.bytes().data()) % aisle::alignment == 0);
  for (float& x : a.data<float>()) x = 1.5f;
  const aisle::tensor b = a;
  a.data<float>()[5] = 2.f;
  CHECK(b.data<float>()[5] == 1.5f);
  aisle::tensor c = b;
  c.data<float>()[0] = 42.f;
  CHECK(b.data<float>()[0] == 1.5f);
}

TEST_CASE("a tensor that was moved from is empty, by construction and by assignment") {
  aisle::tensor a(aisle::dtype::i32, {2, 2}), other(aisle::dtype::u8, {7});
  std::ranges::fill(a.data<std::int32_t>(), 5);
  const aisle::tensor b = std::move(a);
  CHECK(b.data<std::int32_t>()[3] == 5);
  CHECK(a.empty());
  CHECK(a.bytes().empty());
  CHECK(a.data<std::int32_t>().empty());
  a = aisle::tensor(aisle::dtype::f32, {1});
  a = std::move(other);
  CHECK(a.elements() == 7);
  CHECK(other.elements() == 0);

  aisle::shared_tensor shared = b, taken = std::move(shared);
  CHECK(shared.bytes().empty());
  CHECK(taken.elements() == 4);
}

// Who owns and who reads are told apart when a program is compiled.
template <class Tensor>
concept written_in_place = requires(Tensor t) {
  t.template data<float>()[0] = 1.f;
};
template <class Tensor>
concept bytes_written = requires(Tensor t) {
  t.mutable_bytes()[0] = std::byte{};
};
template <class Tensor>
concept elements_of_temporary = requires {
  Tensor().template data<float>();
};
template <class Tensor>
concept bytes_of_temporary = requires {
  Tensor().bytes();
};
static_assert(written_in_place<aisle::tensor&> && !written_in_place<const aisle::tensor&>);
static_assert(!written_in_place<aisle::shared_tensor&> && !bytes_written<aisle::shared_tensor&>);
static_assert(bytes_written<aisle::tensor&> && !bytes_written<const aisle::tensor&>);
static_assert(!elements_of_temporary<aisle::tensor> && !elements_of_temporary<aisle::shared_tensor>);
static_assert(!bytes_of_temporary<aisle::tensor> && !bytes_of_temporary<aisle::shared_tensor>);
static_assert(std::is_convertible_v<aisle::tensor, aisle::shared_tensor> &&
              !std::is_convertible_v<aisle::shared_tensor, aisle::tensor>);

TEST_CASE("copies of a shared tensor share its elements, which the last of them ends") {
  aisle::tensor a(aisle::dtype::f32, {3});
  std::ranges::fill(a.data<float>(), 2.f);
  const float* elements = a.data<float>().data();
  aisle::shared_tensor copied = a;
  CHECK(copied.data<float>().data() != elements);  // a is not given up
  const aisle::shared_tensor moved = std::move(a), again = moved;
  CHECK(moved.data<float>().data() == elements);
  CHECK(again.data<float>().data() == elements);
  aisle::tensor own(again);
  own.data<float>()[0] = 9.f;
  CHECK(moved.data<float>()[0] == 2.f);
}

TEST_CASE("elements are read as what they are") {
  const aisle::tensor t(aisle::dtype::i32, {4});
  CHECK_THROWS_WITH_AS(t.data<float>(), "a tensor of i32 read as f32", aisle::shape_error);
  CHECK(t.data<std::int32_t>().size() == 4);
  const aisle::tensor none, rows(aisle::dtype::f64, {0, 4});
  CHECK(none.empty());
  CHECK(none.bytes().empty());
  CHECK(rows.data<double>().empty());
}

TEST_CASE("elements of a mapped file may be unaligned and then are not read in place") {
  // A place that starts at an odd address inside something that owns it.
  auto owner = std::make_shared<std::array<std::byte, 64>>();
  const auto at = [&](std::size_t offset) {
    return std::shared_ptr<const std::byte>(owner, owner->data() + offset);
  };
  const std::size_t odd = 1 + (8 - reinterpret_cast<std::uintptr_t>(owner->data()) % 8) % 8;
  const aisle::shared_tensor unaligned(aisle::dtype::f32, {4}, at(odd));
  CHECK_FALSE(unaligned.aligned());
  CHECK_THROWS_AS(unaligned.data<float>(), aisle::shape_error);
  CHECK(unaligned.bytes().size() == 16);

  const aisle::shared_tensor aligned(aisle::dtype::f32, {4}, at(odd + 7));
  CHECK(aligned.aligned());
  CHECK(aligned.data<float>().size() == 4);

  std::weak_ptr<std::array<std::byte, 64>> watched = owner;
  owner.reset();
  CHECK_FALSE(watched.expired());  // the tensors keep it
}
