#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <aisle/catalogue/experiment.hpp>

#include "support/memory_file.hpp"

namespace {

constexpr std::int64_t rows = 30;

aisle::catalogue made_up_products() {
  aisle::catalogue out;
  out.path = "products.csv";
  out.options.label_column = "kind";
  out.header = {"sku", "name", "kind"};
  out.data_rows = rows;
  for (std::int64_t r = 0; r < rows; ++r) {
    aisle::product p;
    p.row = r;
    p.id = std::to_string(r);
    p.text = "text";
    p.label = r % 3 ? "even" : "odd";
    p.fields = {p.id, p.text, p.label};
    out.products.push_back(p);
  }
  return out;
}

aisle::embedding_table made_up_vectors() {
  aisle::embedding_table out;
  out.vectors = aisle::matrix<float>(rows, 3);
  for (std::int64_t r = 0; r < rows; ++r) {
    out.rows.push_back(r);
    out.tokens.push_back(3);
    for (std::int64_t c = 0; c < 3; ++c) out.vectors(r, c) = static_cast<float>((r * 7 + c * 3) % 11);
  }
  return out;
}

}  // namespace

// Any bytes are splits that an experiment is made by, each row on one side at most; or they throw.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const aisle::catalogue products = made_up_products();
  static const aisle::embedding_table vectors = made_up_vectors();
  const support::memory_file file(data, size);
  try {
    const aisle::split_file splits = aisle::read_splits(file.path());
    for (const aisle::catalogue_split& s : splits.splits)
      if (s.test.empty()) std::abort();
    if (splits.splits.size() > 4) return 0;
    const auto e = aisle::run_experiment(
        products, &vectors, nullptr,
        {.learners = {"logistic_regression"}, .splits = &splits, .folds = 2, .threads = 1});
    for (const aisle::model_result& m : e.result.models)
      for (const std::int64_t r : m.test_rows)
        if (r < 0 || r >= rows) std::abort();
  } catch (const aisle::error&) {
  }
  return 0;
}
