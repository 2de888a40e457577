#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <aisle/catalogue/pipeline.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/tensor/finite.hpp>

#include "support/fuzz_folder.hpp"

namespace {

aisle::embedding_table vectors_of(std::size_t width) {
  aisle::embedding_table out;
  out.rows = {0, 1};
  out.vectors = aisle::matrix<float>(2, static_cast<std::int64_t>(width));
  for (std::int64_t r = 0; r < 2; ++r)
    for (std::int64_t c = 0; c < out.vectors.cols(); ++c)
      out.vectors(r, c) = static_cast<float>((3 * r + c) % 5);
  return out;
}

}  // namespace

// Any bytes are a pipeline that says what products are to be read by, predicts numbers and is saved so that
// it can be read again; or they throw aisle::error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const support::fuzz_folder scratch;
  const std::string path = scratch / "p.safetensors", again = scratch / "again.safetensors";
  support::put(path, support::text_of(data, size));
  try {
    const aisle::pipeline p = aisle::pipeline::load(path);
    if (p.learner->features() > 4096) return 0;
    p.save(again);
    const aisle::pipeline saved = support::must([&] { return aisle::pipeline::load(again); });
    if (saved.modality != p.modality || saved.learner->features() != p.learner->features()) std::abort();

    aisle::catalogue products;
    products.data_rows = 2;
    aisle::restore_reading(p.reading, products.options, path);
    const auto& means = p.features.fusion.means();
    const aisle::embedding_table first = vectors_of(means.front().size()),
                                 last = vectors_of(means.back().size());
    const aisle::embedding_table* text = p.uses_text() ? &first : nullptr;
    const aisle::embedding_table* image = p.uses_images() ? &last : nullptr;
    const auto found = aisle::predict(aisle::pipeline_set({p}), products, text, image);
    if (found.rows.size() != 2 || found.probabilities.rows() != 2) std::abort();
    for (std::int64_t r = 0; r < 2; ++r)
      for (const float v : found.probabilities.row(r))
        if (!aisle::is_finite(v)) std::abort();
  } catch (const aisle::error&) {
  }
  return 0;
}
