#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
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

TEST_CASE("copies of a tensor share its elements") {
  aisle::tensor a(aisle::dtype::f32, {2, 3});
  CHECK(a.elements() == 6);
  CHECK(a.bytes().size() == 24);
  CHECK(reinterpret_cast<std::uintptr_t>(a.bytes().data()) % aisle::alignment == 0);
  for (float& x : a.data<float>()) x = 1.5f;
  const aisle::tensor b = a;
  a.data<float>()[5] = 2.f;
  CHECK(b.data<float>()[5] == 2.f);
  CHECK(b.data<float>()[0] == 1.5f);
}

TEST_CASE("elements are read as what they are") {
  const aisle::tensor t(aisle::dtype::i32, {4});
  CHECK_THROWS_WITH_AS(t.data<float>(), "a tensor of i32 read as f32", aisle::shape_error);
  CHECK(t.data<std::int32_t>().size() == 4);
  CHECK(aisle::tensor().empty());
  CHECK(aisle::tensor().bytes().empty());
  CHECK(aisle::tensor(aisle::dtype::f64, {0, 4}).data<double>().empty());
}

TEST_CASE("elements of a mapped file may be unaligned and then are not read in place") {
  // A place that starts at an odd address inside something that owns it.
  auto owner = std::make_shared<std::array<std::byte, 64>>();
  const auto at = [&](std::size_t offset) {
    return std::shared_ptr<const std::byte>(owner, owner->data() + offset);
  };
  const std::size_t odd = 1 + (8 - reinterpret_cast<std::uintptr_t>(owner->data()) % 8) % 8;
  const aisle::tensor unaligned(aisle::dtype::f32, {4}, at(odd));
  CHECK_FALSE(unaligned.aligned());
  CHECK_THROWS_AS(unaligned.data<float>(), aisle::shape_error);
  CHECK(unaligned.bytes().size() == 16);

  aisle::tensor aligned(aisle::dtype::f32, {4}, at(odd + 7));
  CHECK(aligned.aligned());
  CHECK(aligned.data<float>().size() == 4);

  std::weak_ptr<std::array<std::byte, 64>> watched = owner;
  owner.reset();
  CHECK_FALSE(watched.expired());  // the tensors keep it
}
