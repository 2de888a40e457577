#pragma once

#include <algorithm>
#include <bit>
#include <mutex>
#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/image/picture_turn.hpp>
#include <aisle/tensor/finite.hpp>

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

AISLE_API std::string preset_label(const preset& p) {
  const auto said = [](const preset& x) {
    std::string text;
    for (const int v :
         {static_cast<int>(x.resize), x.resize_width, x.resize_height, static_cast<int>(x.filter),
          x.crop_width, x.crop_height, static_cast<int>(x.offset), static_cast<int>(x.order)})
      text += std::to_string(v) + ' ';
    for (const double v : {x.scale, x.mean[0], x.mean[1], x.mean[2], x.std[0], x.std[1], x.std[2]})
      text += std::to_string(std::bit_cast<std::uint64_t>(v)) + ' ';
    return text;
  };
  const std::string name = p.name + (p.scaled_decoding ? ", scaled JPEG" : "");
  for (const preset& known : all_presets())
    if (known.name == p.name && said(known) == said(p)) return name;
  return name + " " + to_hex(fnv1a64::of(said(p)));
}

}  // namespace detail

AISLE_API image_encoder image_encoder::make(std::shared_ptr<const models::opened_model> model,
                                            const std::string& where, const image_encoder_options& options) {
  if (model->of->text)
    throw option_error(where + ": holds a model of text (" + std::string(model->of->name) +
                       "), expected one of pictures");
  if (options.on_warning && !model->note.empty()) options.on_warning(where + ": " + model->note);
  image_encoder e;
  e.preset_ = options.preset ? *options.preset : detail::preset_for(where);
  if (e.preset_.scaled_decoding && detail::other_jpeg_decoder() == nullptr)
    throw option_error(
        "decoding JPEG at a smaller scale needs libjpeg-turbo: use_libjpeg() of aisle/image/libjpeg.hpp");
  nn::network_options n;
  n.engine.table = &select_table(options.engine);
  if (options.winograd) n.engine.convolutions = nn::convolution_choice::winograd;
  n.outputs = {e.output_ = options.output};
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

AISLE_API image_encoder image_encoder::load(const std::string& path, const image_encoder_options& options) {
  return make(options.opened ? options.opened : models::open_model(path), path, options);
}

AISLE_API image_encoder image_encoder::load(state_dict weights, const image_encoder_options& options,
                                            json config) {
  const std::string where = weights.path().empty() ? "weights in memory" : weights.path();
  if (!options.preset)
    throw option_error(where + ": nothing says how pictures are prepared, expected the option preset");
  return make(models::open_model(std::move(weights), std::move(config)), where, options);
}

AISLE_API std::int64_t image_encoder::dimension() const { return network_->width(output_); }

template <class Read>
matrix<float> image_encoder::encode_each(std::int64_t n, int height, int width,
                                         const image_encode_options& options, Read read) const {
  matrix<float> out(n, dimension());
  std::mutex calls;  // one of the caller's functions at a time
  progress_event event{"images", 0, n, "images"};
  // Reads pictures [first, first + count) on `threads` threads and runs those that could be read together.
  const auto encode_group = [&](std::int64_t first, std::int64_t count, int threads) {
    image_tensor group(count, height, width);
    std::vector<char> failed(static_cast<std::size_t>(count), 0);
    parallel_for(count, threads, [&](std::int64_t i) {
      throw_if_interrupted();
      try {
        read(first + i, group, i);
      } catch (const machine_error&) {
        throw;  // no fault of the picture
      } catch (const error& problem) {
        if (!options.on_error) throw;
        failed[static_cast<std::size_t>(i)] = 1;
        const std::lock_guard lock(calls);
        options.on_error(first + i, problem.what());
      }
    });
    std::vector<std::int64_t> good;
    for (std::int64_t i = 0; i < count; ++i) {
      if (failed[static_cast<std::size_t>(i)] != 0) continue;
      const auto to = static_cast<std::int64_t>(good.size());
      if (to != i) ranges::copy(group.picture(i), group.picture(to).begin());
      good.push_back(first + i);
    }
    const auto rows = static_cast<std::int64_t>(good.size());
    matrix<float> vectors(rows, out.cols());
    network_->run_images(group.values().data(), rows, nn::value_shape::map(height, width, 3),
                         {{output_, vectors.data()}}, {.threads = threads});
    for (std::int64_t i = 0; i < rows; ++i)
      ranges::copy(vectors.row(i), out.row(good[static_cast<std::size_t>(i)]).begin());
    if (!options.progress) return;
    const std::lock_guard lock(calls);
    event.done += count;
    options.progress(event);
  };
  // As long as there is one for each, every worker reads and runs groups of its own; then groups become
  // smaller, so that all end at one time, and the last few pictures are shared by all.
  const int threads = in_parallel_region() ? 1 : thread_budget(options.threads);
  std::int64_t done = 0;
  while (n - done >= threads) {
    const std::int64_t step = nn::network::images_together(n - done, threads);
    const std::int64_t groups = (n - done) / (step * threads) * threads;
    parallel_for(groups, threads, [&](std::int64_t g) { encode_group(done + g * step, step, 1); });
    done += groups * step;
  }
  if (done < n) encode_group(done, n - done, threads);
  return out;
}

AISLE_API matrix<float> image_encoder::encode_files(std::span<const std::string> paths,
                                                    const image_encode_options& options) const {
  return encode_each(static_cast<std::int64_t>(paths.size()), preset_.crop_height, preset_.crop_width,
                     options, [&](std::int64_t i, image_tensor& out, std::int64_t at) {
                       detail::picture_turn turn;
                       const auto shown = [&](std::span<const std::byte> bytes) {
                         if (options.on_bytes) options.on_bytes(i, bytes);
                       };
                       preprocess(detail::read_image(paths[static_cast<std::size_t>(i)], turn, shown,
                                                     detail::demand_of(preset_)),
                                  preset_, out, at);
                     });
}

AISLE_API matrix<float> image_encoder::encode_bytes(std::span<const std::span<const std::byte>> files,
                                                    const image_encode_options& options) const {
  return encode_each(
      static_cast<std::int64_t>(files.size()), preset_.crop_height, preset_.crop_width, options,
      [&](std::int64_t i, image_tensor& out, std::int64_t at) {
        detail::picture_turn turn;
        preprocess(detail::decode_image(files[static_cast<std::size_t>(i)], "picture " + std::to_string(i),
                                        turn, detail::demand_of(preset_)),
                   preset_, out, at);
      });
}

AISLE_API matrix<float> image_encoder::encode(std::span<const image> pictures,
                                              const image_encode_options& options) const {
  return encode(std::vector<image_view>(pictures.begin(), pictures.end()), options);
}

AISLE_API matrix<float> image_encoder::encode(std::span<const image_view> pictures,
                                              const image_encode_options& options) const {
  return encode_each(static_cast<std::int64_t>(pictures.size()), preset_.crop_height, preset_.crop_width,
                     options, [&](std::int64_t i, image_tensor& out, std::int64_t at) {
                       preprocess(pictures[static_cast<std::size_t>(i)], preset_, out, at);
                     });
}

AISLE_API matrix<float> image_encoder::encode_tensors(const image_tensor& pictures,
                                                      const image_encode_options& options) const {
  if (pictures.count() > 0 && (pictures.width() < 1 || pictures.height() < 1))
    throw shape_error("cannot encode pictures of " + std::to_string(pictures.width()) + " x " +
                      std::to_string(pictures.height()) + " pixels");
  return encode_each(pictures.count(), pictures.height(), pictures.width(), options,
                     [&](std::int64_t i, image_tensor& out, std::int64_t at) {
                       const auto from = pictures.picture(i);
                       if (!all_finite(from))
                         throw format_error("picture " + std::to_string(i),
                                            "its tensor holds NaN or infinity, expected finite numbers");
                       const auto to = out.picture(at);
                       if (pictures.layout() == tensor_layout::channels_last) {
                         ranges::copy(from, to.begin());
                         return;
                       }
                       const std::size_t pixels = from.size() / 3;
                       for (std::size_t k = 0; k < from.size(); ++k) to[k] = from[k % 3 * pixels + k / 3];
                     });
}

AISLE_NAMESPACE_END
