#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/ranges.hpp>
#include <aisle/io/npy.hpp>

#include "bytes.hpp"
#include "support/support.hpp"

using aisle::dtype;
using aisle::matrix;
using aisle::shape;
using aisle::tensor;
using bytes::contains;
using bytes::failure;
using bytes::of;

namespace {
std::string npy(const std::string& header, const std::string& data, char version = 1) {
  const std::string length = version == 1 ? of(static_cast<std::uint16_t>(header.size()))
                                          : of(static_cast<std::uint32_t>(header.size()));
  return std::string("\x93NUMPY").append(1, version).append(1, '\0') + length + header + data;
}
const std::string six = of(std::vector<float>{1, 2, 3, 4, 5, 6});
}  // namespace

TEST_CASE("npy: the bytes of numpy.save") {
  const support::temporary_folder dir;
  matrix<float> m(2, 3);
  for (int i = 0; i < 6; ++i) m.data()[i] = static_cast<float>(i + 1);
  aisle::write_npy(dir / "m.npy", m);
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  CHECK(aisle::read_file(dir / "m.npy") ==
        npy(header + std::string(128 - 10 - header.size() - 1, ' ') + "\n", six));
  CHECK(aisle::read_npy_matrix<float>(dir / "m.npy") == m);
}

TEST_CASE("npy: every type and rank") {
  const support::temporary_folder dir;
  for (const dtype type : {dtype::f32, dtype::f64, dtype::f16, dtype::i8, dtype::u8, dtype::i16, dtype::i32,
                           dtype::i64, dtype::boolean})
    for (const shape& dims : {shape{}, shape{5}, shape{0, 3}, shape{2, 1, 3}}) {
      tensor t(type, dims);
      for (std::size_t i = 0; i < t.bytes().size(); ++i) t.mutable_bytes()[i] = static_cast<std::byte>(i % 2);
      aisle::write_npy(dir / "t.npy", t);
      const tensor back = aisle::read_npy(dir / "t.npy");
      CHECK(back.type() == type);
      CHECK(back.dims() == dims);
      CHECK(aisle::ranges::equal(back.bytes(), t.bytes()));
    }
  CHECK(contains(failure([&] { aisle::write_npy(dir / "b.npy", tensor(dtype::bf16, {1})); }),
                 "no elements of bf16"));
}

TEST_CASE("npy: versions, Fortran order, spellings") {
  const support::temporary_folder dir;
  const auto read = [&](const std::string& content) {
    bytes::put(dir / "x.npy", content);
    const auto t = aisle::read_npy(dir / "x.npy");
    return std::vector<float>(t.data<float>().begin(), t.data<float>().end());
  };
  const std::vector<float> row_major = {1, 2, 3, 4, 5, 6};
  CHECK(read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", six, 2)) == row_major);
  CHECK(read(npy("{\"shape\":(6L,),\"descr\":\"<f4\",\"fortran_order\":False}", six, 3)) == row_major);
  CHECK(read(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", six)) ==
        std::vector<float>{1, 3, 5, 2, 4, 6});
  CHECK(read(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2, 3)}", six)) ==
        std::vector<float>{1, 3, 5, 2, 4, 6});
  CHECK(read(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2)}", six)) ==
        std::vector<float>{1, 4, 2, 5, 3, 6});
}

TEST_CASE("npy: conversion to a matrix") {
  const support::temporary_folder dir;
  matrix<std::int64_t> m(3, 1);
  m(0, 0) = 300;
  aisle::write_npy(dir / "i.npy", m);
  CHECK(aisle::read_npy_matrix<float>(dir / "i.npy")(0, 0) == 300);
  CHECK(contains(failure([&] { aisle::read_npy_matrix<std::uint8_t>(dir / "i.npy"); }),
                 "element 0 is 300, out of range"));
  aisle::write_npy(dir / "v.npy", tensor(dtype::u8, {4}));
  CHECK(aisle::read_npy_matrix<std::int32_t>(dir / "v.npy").rows() == 4);
  aisle::write_npy(dir / "d.npy", matrix<double>(2, 2, 0.5));
  CHECK(aisle::read_npy_matrix<float>(dir / "d.npy")(1, 1) == 0.5f);
  CHECK(contains(failure([&] { aisle::read_npy_matrix<std::int32_t>(dir / "d.npy"); }),
                 "holds f64, expected integers"));
  aisle::write_npy(dir / "t.npy", tensor(dtype::f32, {1, 1, 1}));
  CHECK(contains(failure([&] { aisle::read_npy_matrix<float>(dir / "t.npy"); }), "has shape [1, 1, 1]"));
}

TEST_CASE("npy: damaged files") {
  const support::temporary_folder dir;
  const auto error = [&](const std::string& content) {
    bytes::put(dir / "x.npy", content);
    return failure([&] { aisle::read_npy(dir / "x.npy"); });
  };
  CHECK(contains(error("PK\3\4 and so on and on"), "is no .npy file"));
  CHECK(contains(error(npy("{}", six, 4)), "version 4"));
  CHECK(
      contains(error(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (6,)}", six)), "elements '>f4'"));
  CHECK(contains(error(npy("{'descr': '|O', 'fortran_order': False, 'shape': (6,)}", six)), "elements '|O'"));
  CHECK(contains(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (7,)}", six)),
                 "24 bytes of elements, its shape needs 28"));
  CHECK(contains(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}", six)), "no size"));
  CHECK(
      contains(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", six)),
               "overflows"));
  CHECK(contains(error(npy("{'descr': '<f4', 'fortran_order': False}", six)),
                 "no descr, fortran_order or shape"));
  CHECK(contains(error(npy("{'descr': '<f4', 'x': 1}", six)), "unexpected key 'x'"));
  const std::string good = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}\n", six);
  CHECK(error(good) == "no error");
  for (std::size_t n = 0; n < good.size(); ++n) CHECK(error(good.substr(0, n)) != "no error");
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const int change : {1, 16, 128, 255}) {
      std::string damaged = good;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      error(damaged);
    }
}
