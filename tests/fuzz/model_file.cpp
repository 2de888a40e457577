#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <aisle/learn/model_file.hpp>

#include "support/memory_file.hpp"

namespace {

template <class T>
void predict(const std::string& path) {
  const auto model = aisle::load_classifier<T>(path);
  if (model->features() > 4096) return;
  aisle::matrix<T> x(3, model->features());
  for (std::int64_t i = 0; i < x.rows() * x.cols(); ++i) x.data()[i] = static_cast<T>(i % 7 - 3);
  const aisle::matrix<T> p = model->predict_proba(x);
  if (p.rows() != 3 || p.cols() != static_cast<std::int64_t>(model->classes().names().size())) std::abort();
  if (model->predict(x).size() != 3) std::abort();
}

}  // namespace

// Any bytes are a learner that predicts, or throw aisle::error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const support::memory_file file(data, size);
  try {
    predict<float>(file.path());
    predict<double>(file.path());
  } catch (const aisle::error&) {
  }
  return 0;
}
