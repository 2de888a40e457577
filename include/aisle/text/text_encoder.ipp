#pragma once

#include <algorithm>
#include <atomic>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/text_encoder.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Where several files state a length, sentence-transformers' own file is the one its results follow:
/// tokenizer.json of all-MiniLM-L6-v2 says 128, the positions 512, and the reference cuts at 256.
AISLE_API std::int64_t max_tokens_of(const std::string& folder, std::int64_t positions) {
  std::int64_t limit = positions;
  if (const auto file = join_path(folder, "sentence_bert_config.json"); file_exists(file)) {
    limit = std::min(limit, read_json(file).get<std::int64_t>("max_seq_length", limit));
  } else if (const auto config = join_path(folder, "tokenizer_config.json"); file_exists(config)) {
    const double stated = read_json(config).get<double>("model_max_length", static_cast<double>(limit));
    limit = std::min(limit, static_cast<std::int64_t>(std::min(stated, 1e9)));  // some files say 1e30
  }
  return std::max<std::int64_t>(limit, 2);
}

/// Means of tokens alone are built in; modes that are true together would be joined to a longer vector.
AISLE_API void check_pooling(const std::string& file) {
  if (!file_exists(file)) return;
  const json pooling = read_json(file);
  bool mean = pooling.get<bool>("pooling_mode_mean_tokens", true) &&
              pooling.get<std::string>("pooling_mode", std::string("mean")) == "mean";
  for (const auto& [key, value] : pooling.members())
    if (key.starts_with("pooling_mode_") && key != "pooling_mode_mean_tokens")
      mean = mean && !(value.is_bool() && value.as<bool>());
  if (!mean)
    throw option_error(file +
                       ": expected mean pooling (pooling_mode_mean_tokens), the only kind that is built in");
}

AISLE_API bool normalizes(const std::string& folder) {
  const std::string file = join_path(folder, "modules.json");
  if (!file_exists(file)) {
    check_pooling(join_path(folder, "1_Pooling/config.json"));
    return true;
  }
  const json modules = read_json(file);
  constexpr std::string_view expected[] = {"Transformer", "Pooling", "Normalize"};
  std::size_t count = 0;
  for (const json& m : modules.elements()) {
    // "sentence_transformers.models.Pooling"; the packages before the class differ between releases.
    const auto type = m.get<std::string>("type");
    if (count == std::size(expected) || type.substr(type.find_last_of('.') + 1) != expected[count])
      throw option_error(file + ": module " + std::to_string(count) + " is " + type + ", expected " +
                         (count == std::size(expected) ? "no more" : std::string(expected[count])) +
                         ": Transformer, Pooling and Normalize are what is built in");
    if (count == 1) check_pooling(join_path(folder, m.get<std::string>("path") + "/config.json"));
    ++count;
  }
  if (count < 2)
    throw option_error(file + ": " + std::to_string(count) +
                       " modules, expected a Transformer, a Pooling and perhaps a Normalize");
  return count == std::size(expected);
}

}  // namespace detail

AISLE_API text_encoder text_encoder::load(const std::string& folder, const text_encoder_options& options) {
  text_encoder e;
  std::shared_ptr<models::opened_model> model = options.opened ? options.opened : models::open_model(folder);
  if (!model->of->text)
    throw option_error(folder + ": holds a model of pictures (" + std::string(model->of->name) +
                       "), expected one of text");
  if (options.on_warning && !model->note.empty()) options.on_warning(folder + ": " + model->note);
  // The encoder's vectors are the network's output "embedding", whatever the folder makes of it.
  if (!detail::normalizes(folder)) model->graph.outputs["embedding"] = model->graph.outputs.at("mean");
  nn::network_options n;
  n.engine.table = &select_table(options.engine);
  e.network_ = std::make_shared<nn::network>(model->graph, *model->weights, nn::value_shape::tokens(0), n);
  e.tokenizer_ = std::make_shared<wordpiece>(wordpiece::load(folder));
  const std::int64_t positions =
      models::dimension(*model->weights, "embeddings.position_embeddings.weight", 0);
  const std::int64_t vocabulary = models::dimension(*model->weights, "embeddings.word_embeddings.weight", 0);
  if (e.tokenizer_->vocabulary_size() > vocabulary)
    throw format_error(folder, "the vocabulary has " + std::to_string(e.tokenizer_->vocabulary_size()) +
                                   " tokens, the embedding table " + std::to_string(vocabulary) + " rows");
  e.max_tokens_ = options.max_tokens > 0 ? options.max_tokens : detail::max_tokens_of(folder, positions);
  if (e.max_tokens_ < 2 || e.max_tokens_ > positions)
    throw option_error("max_tokens " + std::to_string(e.max_tokens_) + ": expected 2 to " +
                       std::to_string(positions) + ", the model's positions");
  e.model_ = std::move(model);
#ifndef __OPTIMIZE__
  if (AISLE_HEADER_ONLY && options.on_warning)
    options.on_warning(
        "aisle was compiled without optimisation: its kernels are many times slower than at -O2");
#endif
  return e;
}

AISLE_API std::int64_t text_encoder::dimension() const { return network_->width("embedding"); }

AISLE_API matrix<float> text_encoder::encode(std::span<const std::string> texts,
                                             const text_encode_options& options) const {
  std::vector<std::vector<std::int32_t>> ids(texts.size());
  std::atomic<std::int64_t> cut{0};
  constexpr std::size_t chunk = 64;
  parallel_for(
      static_cast<std::int64_t>((texts.size() + chunk - 1) / chunk), options.threads, [&](std::int64_t c) {
        const std::size_t first = static_cast<std::size_t>(c) * chunk,
                          last = std::min(first + chunk, texts.size());
        for (std::size_t i = first; i < last; ++i)
          if (tokenizer_->encode(texts[i], max_tokens_, ids[i]) > static_cast<std::int64_t>(ids[i].size()))
            ++cut;
      });
  if (options.truncated) *options.truncated = cut;
  return encode_ids(ids, options);
}

AISLE_API matrix<float> text_encoder::encode_ids(std::span<const std::vector<std::int32_t>> ids,
                                                 const text_encode_options& options) const {
  const auto n = static_cast<std::int64_t>(ids.size());
  matrix<float> out(n, dimension());
  // Batches of about `budget` tokens, longest first so that workers finish together. The budget keeps a
  // batch's widest activation near L2 while a layer's weights are still read for many rows at once.
  constexpr std::int64_t budget = 256;
  std::vector<std::int64_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0);
  const auto length = [&](std::int64_t i) {
    return static_cast<std::int64_t>(ids[static_cast<std::size_t>(i)].size());
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return length(a) > length(b); });
  std::vector<std::pair<std::size_t, std::size_t>> batches;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (batches.empty() || tokens + length(order[i]) > budget) {
      batches.emplace_back(i, i);
      tokens = 0;
    }
    batches.back().second = i + 1;
    tokens += length(order[i]);
  }

  shared_progress progress(options.on_progress, {.phase = "text", .total = n});
  const auto run = [&](std::int64_t b, int threads) {
    const auto [first, last] = batches[static_cast<std::size_t>(b)];
    std::vector<std::int32_t> packed, positions;
    std::vector<std::int64_t> starts = {0};
    for (std::size_t i = first; i < last; ++i) {
      const auto& sequence = ids[static_cast<std::size_t>(order[i])];
      packed.insert(packed.end(), sequence.begin(), sequence.end());
      for (std::size_t p = 0; p < sequence.size(); ++p) positions.push_back(static_cast<std::int32_t>(p));
      starts.push_back(static_cast<std::int64_t>(packed.size()));
    }
    const std::vector<std::int32_t> types(packed.size(), 0);
    matrix<float> rows(static_cast<std::int64_t>(last - first), out.cols());
    network_->run_tokens({packed, types, positions, starts}, {{"embedding", rows.data()}},
                         {.threads = threads});
    for (std::size_t i = first; i < last; ++i)
      std::copy_n(rows.row(static_cast<std::int64_t>(i - first)).data(), out.cols(),
                  out.row(order[i]).data());
    progress.add(static_cast<std::int64_t>(last - first));
  };
  const auto count = static_cast<std::int64_t>(batches.size());
  const int threads = thread_budget(options.threads);
  if (count >= 2 * threads)  // batch by batch on each worker; else every worker on the same batch
    parallel_for(count, threads, [&](std::int64_t b) { run(b, 1); });
  else
    for (std::int64_t b = 0; b < count; ++b) run(b, threads);
  return out;
}

AISLE_NAMESPACE_END
