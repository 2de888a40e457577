#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/embedding_job.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/text_encoder.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// What stands behind the pooling, which weights_identity does not know.
AISLE_API std::string hash_of_layers(const sentence_model& sentence) {
  sha256 hash;
  for (const sentence_layer& layer : sentence.layers)
    if (const auto& dense = layer.dense)
      for (const auto* values : {&dense->weight, &dense->bias})
        hash.update(values->data(), values->size() * sizeof(float));
  if (sentence.truncate_dim > 0) hash.update("the first " + std::to_string(sentence.truncate_dim));
  if (sentence.kind != sentence_model::reader::transformer) {
    hash.update("static " + std::to_string(static_cast<int>(sentence.kind)) + ", " +
                std::to_string(sentence.max_tokens) + " tokens");
    for (const sentence_layer& layer : sentence.layers) hash.update(layer.dense ? " dense" : " unit");
  }
  return hash.hex();
}

}  // namespace detail

AISLE_API std::string text_embeddings_path(const std::string& folder, const std::string& model) {
  return join_path(folder, "text_embeddings_" + model + ".csv");
}
AISLE_API std::string image_embeddings_path(const std::string& folder, const std::string& model) {
  return join_path(folder, "Embeddings_" + model + ".csv");
}

AISLE_API embedding_table embed_texts(const catalogue& products, const embedding_options& options) {
  embedding_table out;
  out.model = options.name.empty() ? file_name(options.model_path) : options.name;
  const std::size_t id = products.find_column(products.options.id_column).value_or(0);
  detail::embedding_job job(options, "text", text_embeddings_path(options.folder, out.model),
                            {.header = products.header,
                             .names = {id},
                             .prefix = "text_",
                             .first = 1,
                             .leading = [](const product& p) { return p.fields; }},
                            out);
  const sentence_model sentence = sentence_model::read(options.model_path);
  out.preset = options.prompt.value_or(sentence.default_prompt);
  job.open(json::object({{"html", products.options.keep_html ? "kept" : "removed"},
                         {"prompt", sentence.prompt(out.preset)},
                         {"layers", detail::hash_of_layers(sentence)}}),
           sentence.transformer);
  std::vector<detail::embedding_job::item> items;
  for (const product& p : products.products)
    if (!p.text.empty()) items.push_back({&p, sha256::of(p.text)});

  std::optional<text_encoder> encoder;
  job.run(
      std::move(items),
      [&] {
        encoder = text_encoder::load(
            options.model_path,
            {.engine = options.engine, .on_warning = options.on_warning, .opened = job.take_opened()});
        return json::object({{"dimension", encoder->dimension()}, {"max_tokens", encoder->max_tokens()}});
      },
      [&](std::span<const std::size_t> fresh, const progress_callback& progress, std::vector<std::size_t>&) {
        std::vector<std::string_view> texts;
        for (const std::size_t row : fresh) texts.push_back(job.at(row).source->text);
        const text_encode_options how{.threads = options.threads, .progress = progress, .prompt = out.preset};
        const tokenized_texts tokens = encoder->tokenize(texts, how);
        const auto vectors = encoder->encode(tokens, how);
        for (std::size_t i = 0; i < fresh.size(); ++i) {
          out.tokens[fresh[i]] = tokens.lengths[i];
          const auto from = vectors.row(static_cast<std::int64_t>(i));
          std::copy(from.begin(), from.end(), out.vectors.row(static_cast<std::int64_t>(fresh[i])).begin());
        }
      });
  encoder.reset();
  out.truncated = ranges::count_if(out.tokens, [&](std::int64_t t) { return t > job.known("max_tokens"); });
  job.write();
  return out;
}

AISLE_API embedding_table embed_images(const catalogue& products, const embedding_options& options) {
  embedding_table out;
  out.model = options.name.empty() ? file_name(options.model_path) : options.name;
  const std::string& id = products.options.id_column;
  // Files of earlier versions have no ids.
  detail::embedding_job job(options, "image", image_embeddings_path(options.folder, out.model),
                            {.header = {"ImageName", id == "ImageName" ? "id" : id},
                             .names = {1, 0},
                             .prefix = "image_",
                             .first = 0,
                             .leading =
                                 [](const product& p) {
                                   return std::vector<std::string>{file_name(p.image_path), p.id};
                                 }},
                            out);
  const preset how = options.preset ? *options.preset : detail::preset_for(options.model_path);
  out.preset = options.preset ? detail::preset_label(how) : how.name;
  job.open(json::object({{"preset", out.preset}}), options.model_path);

  std::vector<detail::embedding_job::item> items;
  for (const product& p : products.products)
    if (!p.image_path.empty() && p.image_problem.empty()) items.push_back({&p, {}});
  std::vector<std::string> reasons(items.size());
  shared_progress progress(
      options.progress,
      {.phase = "read images", .total = static_cast<std::int64_t>(items.size()), .unit = "images"});
  parallel_for(static_cast<std::int64_t>(items.size()), options.threads, [&](std::int64_t i) {
    auto& item = items[static_cast<std::size_t>(i)];
    try {
      item.content = sha256::of(read_file(item.source->image_path, picture_file_limit, file_kinds::regular));
    } catch (const machine_error&) {
      throw;  // no fault of the picture: another run may read it
    } catch (const error& e) {
      reasons[static_cast<std::size_t>(i)] = e.what();
    }
    progress.add(1);
  });
  job.lap("read images");
  const auto report = [&](const product& p, std::string reason) {
    out.problems.push_back(products.problem(p, products.options.image_column, std::move(reason)));
  };
  for (const product& p : products.products)
    if (!p.image_problem.empty()) report(p, p.image_problem);
  std::vector<detail::embedding_job::item> readable;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (reasons[i].empty())
      readable.push_back(items[i]);
    else
      report(*items[i].source, reasons[i]);

  std::optional<image_encoder> encoder;
  job.run(
      std::move(readable),
      [&] {
        encoder = image_encoder::load(options.model_path, {.engine = options.engine,
                                                           .preset = how,
                                                           .on_warning = options.on_warning,
                                                           .opened = job.take_opened()});
        return json::object({{"dimension", encoder->dimension()}});
      },
      [&](std::span<const std::size_t> fresh, const progress_callback& each_image,
          std::vector<std::size_t>& failed) {
        std::vector<std::string> paths;
        for (const std::size_t i : fresh) paths.push_back(job.at(i).source->image_path);
        const auto vectors = encoder->encode_files(
            paths, {.threads = options.threads,
                    .progress = each_image,
                    .on_error =
                        [&](std::int64_t row, const std::string& reason) {
                          failed.push_back(fresh[static_cast<std::size_t>(row)]);
                          report(*job.at(failed.back()).source, reason);
                        },
                    // A picture may have changed since it was looked for.
                    .on_bytes =
                        [&](std::int64_t row, std::span<const std::byte> bytes) {
                          job.at(fresh[static_cast<std::size_t>(row)]).content =
                              sha256::of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
                        }});
        for (std::size_t i = 0; i < fresh.size(); ++i) {
          const auto from = vectors.row(static_cast<std::int64_t>(i));
          std::copy(from.begin(), from.end(), out.vectors.row(static_cast<std::int64_t>(fresh[i])).begin());
        }
      });
  encoder.reset();
  std::stable_sort(out.problems.begin(), out.problems.end(),
                   [](const skipped_row& a, const skipped_row& b) { return a.row < b.row; });
  job.write();
  return out;
}

AISLE_NAMESPACE_END
