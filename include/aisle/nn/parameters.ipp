#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#include <aisle/base/counted.hpp>
#include <aisle/nn/parameters.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

namespace detail {

/// Kernels [out, in, height, width] as Keras lays them out, matrices as their transpose, and back.
AISLE_API shape keras_dims(const shape& dims) {
  if (dims.rank() == 4) return {dims[2], dims[3], dims[1], dims[0]};
  return dims.rank() == 2 ? shape{dims[1], dims[0]} : dims;
}
AISLE_API shape dims_from_keras(const shape& dims) {
  if (dims.rank() == 4) return {dims[3], dims[2], dims[0], dims[1]};
  return dims.rank() == 2 ? shape{dims[1], dims[0]} : dims;
}

/// [taps, in, out] to [out, in, taps].
AISLE_API void transpose_from_keras(std::span<const float> from, const shape& dims, std::span<float> to) {
  const std::int64_t out = dims[0], in = dims[1], taps = dims.rank() == 4 ? dims[2] * dims[3] : 1;
  const float* read = from.data();
  for (std::int64_t t = 0; t < taps; ++t)
    for (std::int64_t c = 0; c < in; ++c)
      for (std::int64_t o = 0; o < out; ++o) to[static_cast<std::size_t>((o * in + c) * taps + t)] = *read++;
}

}  // namespace detail

AISLE_API const state_dict::entry& weight_source::find(const std::string& name, const shape& expected) const {
  const std::string key = key_of_(name);
  const state_dict::entry* e = checkpoint_->find(key);
  if (e) {
    const auto squeezed = [](const shape& s) {
      std::vector<std::int64_t> dims;
      for (const std::int64_t d : s.dims())
        if (d != 1) dims.push_back(d);
      return dims;
    };
    if (squeezed(e->dims) == squeezed(expected)) return *e;
  }
  return (checkpoint_->require)(key, expected);
}

AISLE_API std::optional<shape> weight_source::dims_of(const std::string& name) const {
  if (!checkpoint_) return std::nullopt;
  const state_dict::entry* e = checkpoint_->find(key_of_(name));
  if (!e) return std::nullopt;
  return layout_ == weight_layout::keras ? detail::dims_from_keras(e->dims) : e->dims;
}

AISLE_API const state_dict::entry& weight_source::at(const std::string& name) const {
  if (!checkpoint_) throw tensor_error("computed weights have no stored tensor '" + name + "'");
  return checkpoint_->at(key_of_(name));
}

AISLE_API void require_finite(const state_dict& checkpoint, const std::string& key,
                              std::span<const float> values) {
  if (all_finite(values)) return;
  std::size_t at = 0, count = 0;
  for (std::size_t i = values.size(); i-- > 0;)
    if (!is_finite(values[i])) at = i, ++count;
  throw tensor_error((checkpoint.path().empty() ? std::string() : checkpoint.path() + ": ") + "tensor '" +
                     key + "' holds " +
                     counted(static_cast<std::int64_t>(count), "number that is", "numbers that are") +
                     " not finite, the first at element " + std::to_string(at) + " (" +
                     (is_nan(values[at]) ? "NaN" : "infinite") + "): the weights are damaged");
}

AISLE_API void weight_source::read(const std::string& name, const shape& expected,
                                   std::span<float> out) const {
  if (generate_) return generate_(name, expected, out);
  const bool transposed = layout_ == weight_layout::keras && expected.rank() > 1;
  const std::string& key = find(name, transposed ? detail::keras_dims(expected) : expected).name;
  if (transposed) {
    buffer<float> stored(out.size());
    checkpoint_->read_f32(key, stored);
    detail::transpose_from_keras(stored, expected, out);
  } else {
    checkpoint_->read_f32(key, out);
  }
  require_finite(*checkpoint_, key, out);
}

AISLE_API row_table weight_source::rows(const std::string& name, const shape& expected) const {
  if (generate_) {
    tensor t(dtype::f32, expected);
    generate_(name, expected, t.data<float>());
    return row_table(std::move(t));
  }
  const state_dict::entry& e = find(name, expected);
  const auto converted = [&] {
    tensor copy = checkpoint_->read_f32(e.name);
    require_finite(*checkpoint_, e.name, copy.data<float>());
    return row_table(std::move(copy));
  };
  if (e.type != dtype::f32) return converted();
  if (e.file && e.unsupported.empty() && e.strides.empty() && e.dims.elements() > 0) {
    state_dict::entry stored = e;
    stored.dims = expected;  // without dimensions of 1 that the file may have besides
    return row_table(std::move(stored));
  }
  shared_tensor whole = checkpoint_->share(e.name);
  if (!whole.aligned()) return converted();
  require_finite(*checkpoint_, e.name, whole.data<float>());
  return row_table(std::move(whole));
}

/// What was read of a table in a file, block by block of rows.
struct row_table::file_state {
  explicit file_state(state_dict::entry e)
      : stored(std::move(e)),
        cols(static_cast<std::size_t>(stored.dims[1])),
        block(std::max<std::size_t>(1, (std::size_t{64} << 10) / (cols * sizeof(float)))),
        rows(static_cast<std::size_t>(stored.dims[0])),
        values(rows * cols),
        is_read(new std::atomic<bool>[(rows + block - 1) / block] {}) {}

  state_dict::entry stored;
  std::size_t cols, block, rows;
  buffer<float> values;  // pages that nothing was read into take no memory
  std::unique_ptr<std::atomic<bool>[]> is_read;
  std::mutex mutex;

  void read(std::size_t b) {
    const std::lock_guard lock(mutex);
    if (is_read[b].load(std::memory_order_acquire)) return;
    const std::size_t first = b * block * cols, end = std::min((b + 1) * block, rows) * cols;
    stored.file->file().read_at(stored.offset + first * sizeof(float),
                                std::as_writable_bytes(std::span(values).subspan(first, end - first)));
    const std::span<const float> part(values.data() + first, end - first);
    if (!all_finite(part))
      throw tensor_error(stored.file->file().path() + ": tensor '" + stored.name +
                         "' holds numbers that are not finite: the weights are damaged");
    is_read[b].store(true, std::memory_order_release);
  }
};

AISLE_API row_table::row_table(shared_tensor whole)
    : data_(whole.data<float>().data()), whole_(std::move(whole)) {}

AISLE_API row_table::row_table(state_dict::entry stored)
    : file_(std::make_shared<file_state>(std::move(stored))) {
  data_ = file_->values.data();
}

AISLE_API void row_table::need(std::span<const std::int32_t> rows) const {
  if (!file_) return;
  for (const std::int32_t row : rows) {
    const std::size_t b = static_cast<std::size_t>(row) / file_->block;
    if (!file_->is_read[b].load(std::memory_order_acquire)) file_->read(b);
  }
}

}  // namespace nn
AISLE_NAMESPACE_END
