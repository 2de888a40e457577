#pragma once

#include <algorithm>
#include <mutex>
#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/image_encoder.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API preset preset_for(const std::string& path) {
  const std::string folder = folder_exists(path) ? path : parent_folder(path);
  if (auto own = preset_from_files(path)) return *own;
  if (const models::zoo_entry* entry = models::find_model(file_name(folder)); entry && !entry->preset.empty())
    return find_preset(entry->preset);
  throw option_error(
      folder +
      ": nothing says how pictures are prepared: expected a preprocessor_config.json, a config.json with a "
      "pretrained_cfg, a folder named after a known model, or the option preset");
}

}  // namespace detail

AISLE_API image_encoder image_encoder::load(const std::string& path, const image_encoder_options& options) {
  image_encoder e;
  std::shared_ptr<models::opened_model> model = models::open_model(path);
  if (model->of->text)
    throw option_error(path + ": holds a model of text (" + std::string(model->of->name) +
                       "), expected one of pictures");
  if (options.on_warning && !model->note.empty()) options.on_warning(path + ": " + model->note);
  e.preset_ = options.preset ? *options.preset : detail::preset_for(path);
  nn::network_options n;
  n.engine.table = &select_table(options.engine);
  n.engine.winograd = options.winograd;
  const auto nominal = nn::value_shape::map(e.preset_.crop_height, e.preset_.crop_width, 3);
  e.network_ = std::make_shared<nn::network>(model->graph, *model->weights, nominal, n);
  e.model_ = std::move(model);
#ifndef __OPTIMIZE__
  if (AISLE_HEADER_ONLY && options.on_warning)
    options.on_warning(
        "aisle was compiled without optimisation: its kernels are many times slower than at -O2");
#endif
  return e;
}

AISLE_API std::int64_t image_encoder::dimension() const { return network_->width("embedding"); }

template <class Read>
matrix<float> image_encoder::encode_each(std::int64_t n, const image_encode_options& options,
                                         Read read) const {
  const std::int64_t h = preset_.crop_height, w = preset_.crop_width, floats = h * w * 3;
  matrix<float> out(n, dimension());
  std::mutex calls;  // one of the caller's functions at a time
  progress_event event{"images", 0, n, "images"};
  // Each worker decodes and runs a group of its own.
  const int threads = thread_budget(options.threads);
  const std::int64_t step = nn::network::images_together(n, threads);
  parallel_for((n + step - 1) / step, threads, [&](std::int64_t chunk) {
    const std::int64_t first = chunk * step, count = std::min(step, n - first);
    buffer<float> pictures(static_cast<std::size_t>(count * floats));
    std::vector<std::int64_t> good;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::span<float> slot(pictures.data() + static_cast<std::int64_t>(good.size()) * floats,
                                  static_cast<std::size_t>(floats));
      try {
        read(first + i, slot);
        good.push_back(first + i);
      } catch (const error& problem) {
        if (!options.on_error) throw;
        const std::lock_guard lock(calls);
        options.on_error(first + i, problem.what());
      }
    }
    const auto rows = static_cast<std::int64_t>(good.size());
    matrix<float> vectors(rows, out.cols());
    network_->run_images(pictures.data(), rows, nn::value_shape::map(h, w, 3),
                         {{"embedding", vectors.data()}}, {.threads = options.threads});
    for (std::int64_t i = 0; i < rows; ++i)
      std::copy_n(vectors.row(i).data(), out.cols(), out.row(good[static_cast<std::size_t>(i)]).data());
    if (options.on_progress) {
      const std::lock_guard lock(calls);
      event.done += count;
      options.on_progress(event);
    }
  });
  return out;
}

AISLE_API matrix<float> image_encoder::encode_files(std::span<const std::string> paths,
                                                    const image_encode_options& options) const {
  return encode_each(static_cast<std::int64_t>(paths.size()), options,
                     [&](std::int64_t i, std::span<float> out) {
                       preprocess(read_image(paths[static_cast<std::size_t>(i)]), preset_, out,
                                  tensor_layout::channels_last);
                     });
}

AISLE_API matrix<float> image_encoder::encode(std::span<const image> pictures,
                                              const image_encode_options& options) const {
  return encode_each(
      static_cast<std::int64_t>(pictures.size()), options, [&](std::int64_t i, std::span<float> out) {
        preprocess(pictures[static_cast<std::size_t>(i)], preset_, out, tensor_layout::channels_last);
      });
}

AISLE_API matrix<float> image_encoder::encode_tensors(const float* pictures, std::int64_t n,
                                                      std::int64_t height, std::int64_t width,
                                                      const image_encode_options& options) const {
  matrix<float> out(n, dimension());
  network_->run_images(pictures, n, nn::value_shape::map(height, width, 3), {{"embedding", out.data()}},
                       {.threads = options.threads});
  return out;
}

AISLE_NAMESPACE_END
