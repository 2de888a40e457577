#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

// Data of the learners' tests.

namespace blobs {

template <class T>
struct data {
  aisle::matrix<T> x;
  aisle::label_vector labels;
};

/// Rows around one centre a class; `spread` 1 is easy, 6 is hard. Class c has counts[c] rows, interleaved.
template <class T = float>
data<T> make(const std::vector<int>& counts, std::int64_t features, double spread = 1,
             std::uint64_t seed = 1) {
  aisle::random_generator random(seed);
  aisle::matrix<double> centres(static_cast<std::int64_t>(counts.size()), features);
  for (std::int64_t i = 0; i < centres.rows() * features; ++i) centres.data()[i] = random.uniform(-4, 4);
  std::vector<std::string> names;
  std::vector<std::int64_t> rows;
  for (int i = 0, more = 1; more; ++i) {
    more = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
      if (i >= counts[c]) continue;
      names.push_back("class " + std::to_string(c));
      rows.push_back(static_cast<std::int64_t>(c));
      more = 1;
    }
  }
  aisle::matrix<T> x(static_cast<std::int64_t>(rows.size()), features);
  for (std::int64_t r = 0; r < x.rows(); ++r)
    for (std::int64_t f = 0; f < features; ++f)
      x(r, f) = static_cast<T>(centres(rows[static_cast<std::size_t>(r)], f) + spread * random.normal());
  return {x, aisle::label_vector(names)};
}

}  // namespace blobs
