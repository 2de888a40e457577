#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/tensor/finite.hpp>
#include <aisle/text/text_encoder.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::int64_t tokenized_texts::truncated() const noexcept {
  std::int64_t cut = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) cut += lengths[i] > static_cast<std::int64_t>(ids[i].size());
  return cut;
}

AISLE_API text_encoder text_encoder::load(const std::string& folder, const text_encoder_options& options) {
  text_encoder e;
  sentence_model sentence = sentence_model::read(folder, options.on_warning);
  std::shared_ptr<const models::opened_model> model =
      options.opened ? options.opened : models::open_model(sentence.transformer, models::text_families());
  if (model->of->text)
    e.tokenizer_ = std::make_shared<wordpiece>(sentence.load_tokenizer(options.on_warning));
  e.sentence_ = std::make_shared<const sentence_model>(std::move(sentence));
  e.build(std::move(model), options);
  return e;
}

AISLE_API text_encoder::text_encoder(text_model model, const text_encoder_options& options)
    : tokenizer_(std::make_shared<const wordpiece>(std::move(model.tokenizer))),
      sentence_(std::make_shared<const sentence_model>(std::move(model.sentence))) {
  build(models::open_model(std::move(model.weights), std::move(model.config), models::text_families()),
        options);
}

AISLE_API void text_encoder::build(std::shared_ptr<const models::opened_model> model,
                                   const text_encoder_options& options) {
  const std::string where = model->path.empty() ? "text model" : model->path;
  if (!model->of->text)
    throw option_error(where + ": holds a model of pictures (" + std::string(model->of->name) +
                       "), expected one of text");
  if (options.on_warning && !model->note.empty()) options.on_warning(where + ": " + model->note);
  if (is_static() != (model->of == &models::static_family()))
    throw option_error(where + ": holds a network " + std::string(model->of->name) +
                       (is_static() ? ", where the files beside it speak of static embeddings"
                                    : ": static embeddings, without a config.json of Model2Vec or a "
                                      "modules.json that lists StaticEmbedding"));
  nn::graph graph = model->graph;
  if (!is_static()) {
    const nn::node& mean = graph.nodes[static_cast<std::size_t>(graph.outputs.at("mean"))];
    graph.outputs["tokens"] = mean.inputs.front();
  }
  nn::network_options n;
  n.engine.table = &select_table(options.engine);
  n.outputs = {is_static() ? "mean" : "tokens"};
  network_ = std::make_shared<nn::network>(graph, *model->weights, nn::value_shape::tokens(0), n);
  read_limits(*model, options);
  reader_ = token_reader(*sentence_, *tokenizer_, max_tokens_);

  dimension_ = is_static() ? network_->width("mean") : sentence_->pooling.width(network_->width("tokens"));
  for (const sentence_layer& layer : sentence_->layers)
    if (const auto& dense = layer.dense) {
      if (dense->in != dimension_)
        throw format_error(where, "a Dense module takes " + counted(dense->in, "value") +
                                      ", what comes before it has " + std::to_string(dimension_));
      dimension_ = dense->out;
    }
  if (sentence_->truncate_dim > 0) dimension_ = std::min(dimension_, sentence_->truncate_dim);
  model_ = std::move(model);
#ifndef __OPTIMIZE__
  if (AISLE_HEADER_ONLY && options.on_warning)
    options.on_warning(
        "aisle was compiled without optimisation: its kernels are many times slower than at -O2");
#endif
}

AISLE_API void text_encoder::read_limits(const models::opened_model& model,
                                         const text_encoder_options& options) {
  const std::string where = model.path.empty() ? "text model" : model.path;
  std::int64_t vocabulary = 0, positions = sentence_model::unlimited;
  bool equal = false;  // model2vec takes no table with rows that no token has
  const char* table_name = "the embedding table";
  if (is_static()) {
    const auto table = models::static_embedding_config::from_checkpoint(*model.weights);
    vocabulary = table.vocabulary;
    equal = sentence_->kind == sentence_model::reader::model2vec && !table.mapping;
    if (table.mapping) table_name = "tensor 'mapping'";
  } else {
    positions = models::dimension(*model.weights, "embeddings.position_embeddings.weight", 0);
    vocabulary = models::dimension(*model.weights, "embeddings.word_embeddings.weight", 0);
  }
  const std::int64_t tokens = tokenizer_->vocabulary_size();
  if (tokens > vocabulary || (equal && tokens < vocabulary))
    throw format_error(where, "the vocabulary has " + counted(tokens, "token") + ", " + table_name + " " +
                                  counted(vocabulary, "row"));
  const std::int64_t least = is_static() ? 1 : 3;
  if (options.max_tokens != 0 && (options.max_tokens < least || options.max_tokens > positions))
    throw option_error("max_tokens " + std::to_string(options.max_tokens) + ": expected " +
                       std::to_string(least) + " to " + std::to_string(positions) +
                       (is_static() ? "" : ", the model's positions"));
  max_tokens_ = options.max_tokens > 0 ? options.max_tokens : std::min(sentence_->max_tokens, positions);
  if (max_tokens_ < least)
    throw format_error(where, "a limit of " + counted(max_tokens_, "token") +
                                  ", expected at least 3: [CLS], a piece of the text, [SEP]");
}

AISLE_API std::int64_t text_encoder::prompt_tokens(std::string_view prompt) const {
  if (prompt.empty() || sentence_->pooling.include_prompt) return 0;
  return static_cast<std::int64_t>(tokenizer_->encode(prompt, max_tokens_).ids.size()) -
         (tokenizer_->sep_id() >= 0);
}

AISLE_API tokenized_texts text_encoder::tokenize_views(std::span<const std::string_view> texts,
                                                       const text_encode_options& options) const {
  const std::string& before = prompt(options);
  tokenized_texts out{std::vector<std::vector<std::int32_t>>(texts.size()),
                      std::vector<std::int64_t>(texts.size()), prompt_tokens(before)};
  constexpr std::size_t chunk = 64;
  parallel_for(static_cast<std::int64_t>((texts.size() + chunk - 1) / chunk), options.threads,
               [&](std::int64_t c) {
                 const std::size_t first = static_cast<std::size_t>(c) * chunk,
                                   last = std::min(first + chunk, texts.size());
                 std::string joined;
                 for (std::size_t i = first; i < last; ++i) {
                   throw_if_interrupted();
                   std::string_view text = texts[i];
                   if (!before.empty()) text = joined.assign(before).append(text);
                   out.lengths[i] = reader_(text, out.ids[i]);
                 }
               });
  return out;
}

AISLE_API matrix<float> text_encoder::encode_rows(std::span<const std::vector<std::int32_t>> ids,
                                                  std::int64_t prompt_tokens,
                                                  const text_encode_options& options) const {
  const auto n = static_cast<std::int64_t>(ids.size());
  const std::string output = is_static() ? "mean" : "tokens";
  const std::int64_t hidden = network_->width(output);
  matrix<float> out(n, dimension());
  // Batches of about `budget` tokens, longest first so that workers finish together. The budget keeps a
  // batch's widest activation near L2 while a layer's weights are still read for many rows at once.
  // Static embeddings have neither, and a batch costs what a text does.
  const std::int64_t budget = is_static() ? 4096 : 256;
  std::vector<std::int64_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0);
  const auto length = [&](std::int64_t i) {
    return static_cast<std::int64_t>(ids[static_cast<std::size_t>(i)].size());
  };
  if (!is_static()) ranges::stable_sort(order, std::greater<>(), length);
  std::vector<std::pair<std::size_t, std::size_t>> batches;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (batches.empty() || tokens + length(order[i]) > budget || i - batches.back().first == 1024) {
      batches.emplace_back(i, i);
      tokens = 0;
    }
    batches.back().second = i + 1;
    tokens += length(order[i]);
  }

  shared_progress progress(options.progress, {.phase = "text", .total = n});
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
    matrix<float> states(
        is_static() ? static_cast<std::int64_t>(last - first) : static_cast<std::int64_t>(packed.size()),
        hidden);
    network_->run_tokens({packed, types, positions, starts}, {{output, states.data()}}, {.threads = threads});
    std::vector<float> vector;
    for (std::size_t i = first; i < last; ++i) {
      const std::int64_t from = starts[i - first];
      if (is_static()) {
        const auto mean = states.row(static_cast<std::int64_t>(i - first));
        vector.assign(mean.begin(), mean.end());
      } else {
        vector.resize(static_cast<std::size_t>(sentence_->pooling.width(hidden)));
        sentence_->pooling(network_->table(), states.data() + from * hidden, starts[i - first + 1] - from,
                           hidden, prompt_tokens, vector.data());
      }
      for (const sentence_layer& layer : sentence_->layers) vector = layer(vector);
      vector.resize(static_cast<std::size_t>(dimension()));
      if (!all_finite(std::span<const float>(vector)))
        throw tensor_error(network_->weights_path() +
                           ": what stands behind its network gives a vector that is not finite: weights too "
                           "large for single precision");
      ranges::copy(vector, out.row(order[i]).begin());
    }
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
