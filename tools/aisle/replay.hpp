#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/hash.hpp>
#include <aisle/base/random.hpp>
#include <aisle/io/json.hpp>
#include <aisle/kernels/choice.hpp>
#include <aisle/models/zoo.hpp>

// Replays a model case: weights computed from tensor names, inputs, and what the Python reference gives. The
// golden program runs the whole set, `aisle self-test` the few cases it carries.

namespace replay {

using aisle::json;

/// What a float32 run may be off: four times what the reference's own float32 run is, relative to the largest
/// value. Below 1e-6 (8 roundings) chance decides. 1 - cosine grows with the square.
inline double limit_of(double reference) { return std::max(1e-6, 4 * reference); }
inline double cosine_limit_of(double reference) { return std::max(1e-12, 16 * reference); }

/// An error and the limit it is held to: the worst of several is the one nearest to (or furthest over) its
/// limit.
struct judged {
  double error = 0, limit = 0;

  void take(double e, double allowed) {
    if (limit == 0 || !(e / allowed <= error / limit)) *this = {e, allowed};
  }
  bool good() const { return error <= limit; }  // not NaN
};

/// s(name, i) of the generator: in [-1, 1), a multiple of 2^-23.
class signed_stream {
 public:
  explicit signed_stream(const std::string& name) : seed_(aisle::fnv1a64::of(name)) {}
  double operator()(std::int64_t i) const {
    std::uint64_t state = seed_ + static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15ull;
    return static_cast<double>(aisle::splitmix64(state) >> 40) * 0x1p-23 - 1.0;
  }

 private:
  std::uint64_t seed_;
};

inline aisle::shape shape_of(const json& dims) {
  return aisle::shape(std::span<const std::int64_t>(dims.as_vector<std::int64_t>()));
}

/// The case's config.json; where it has none, the heads that no tensor shows.
inline json config_of(const json& c) {
  if (c.contains("hf_config")) return c["hf_config"];
  if (!c.contains("config") || !c["config"].contains("heads")) return {};
  return json::object({{"num_heads", c["config"]["heads"]}});
}

/// The tensors of a case, computed; throws when their bits do not add up to the case's sum.
inline aisle::state_dict generate(const json& c) {
  aisle::state_dict weights;
  std::uint64_t sum = 0;
  for (const json& row : c["tensors"].elements()) {
    const auto name = row[0].as<std::string>();
    aisle::tensor t(aisle::dtype::f32, shape_of(row[1]));
    const double offset = static_cast<float>(row[2].as<double>()),
                 scale = static_cast<float>(row[3].as<double>());
    const signed_stream s(name);
    const auto out = t.data<float>();
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(offset + scale * s(static_cast<std::int64_t>(i)));
      sum += std::bit_cast<std::uint32_t>(out[i]);
    }
    weights.add(name, std::move(t));
  }
  if (aisle::to_hex(sum) != c.get<std::string>("bits_sum"))
    throw std::runtime_error("the generator is wrong: bits add up to " + aisle::to_hex(sum) + ", expected " +
                             c.get<std::string>("bits_sum"));
  if (const json* extra = c.find("extra_tensors"))
    for (const json& row : extra->elements()) {
      aisle::tensor t(aisle::dtype::i64, shape_of(row[1]));
      for (std::int64_t& v : t.data<std::int64_t>()) v = 0;
      weights.add(row[0].as<std::string>(), std::move(t));
    }
  return weights;
}

/// One image of the case, channels last.
inline std::vector<float> make_image(const json& input, aisle::nn::value_shape& shape) {
  const auto dims = input["shape"].as_vector<std::int64_t>();
  const std::int64_t c = dims[0], h = dims[1], w = dims[2];
  shape = aisle::nn::value_shape::map(h, w, c);
  std::vector<double> sum(static_cast<std::size_t>(c * h * w));
  for (const json& term : input["terms"].elements()) {
    const double scale = static_cast<float>(term.get<double>("scale"));
    const signed_stream s(term.get<std::string>("name"));
    const auto grid = term["grid"].as_vector<std::int64_t>();
    for (std::int64_t ch = 0; ch < c; ++ch)
      for (std::int64_t y = 0; y < h; ++y)
        for (std::int64_t x = 0; x < w; ++x)
          sum[static_cast<std::size_t>((y * w + x) * c + ch)] +=
              scale * s((ch * grid[0] + y * grid[0] / h) * grid[1] + x * grid[1] / w);
  }
  return {sum.begin(), sum.end()};
}

struct sequence {
  std::vector<std::int32_t> ids, types;
};

/// The unmasked part of each row of a padded batch.
inline std::vector<sequence> sequences_of(const json& input) {
  std::vector<sequence> all;
  for (std::size_t r = 0; r < input["input_ids"].size(); ++r) {
    sequence s;
    for (std::size_t i = 0; i < input["input_ids"][r].size(); ++i)
      if (input["attention_mask"][r][i].as<int>() != 0) {
        s.ids.push_back(input["input_ids"][r][i].as<std::int32_t>());
        s.types.push_back(input["token_type_ids"][r][i].as<std::int32_t>());
      }
    all.push_back(std::move(s));
  }
  return all;
}

/// One element of a case's inputs, ready to run by itself or several times over in a batch.
struct element {
  std::vector<float> image;
  aisle::nn::value_shape shape;
  sequence tokens;
};

using outputs = std::map<std::string, std::vector<float>>;

/// Outputs of elements in one batch, after each other: pictures of one size, or sequences.
inline outputs run_batch(const aisle::nn::network& net, const std::vector<element>& batch, int threads,
                         const aisle::nn::tap_callback& tap = {}) {
  const auto items = static_cast<std::int64_t>(batch.size());
  outputs result;
  aisle::nn::run_outputs room;
  for (const auto& [name, id] : net.fused().outputs) {
    result[name].resize(static_cast<std::size_t>(items * net.width(name)));
    room[name] = result[name].data();
  }
  aisle::nn::run_options options;
  options.threads = threads;
  options.on_tap = tap;
  if (!batch.front().image.empty()) {
    std::vector<float> all;
    for (const element& e : batch) all.insert(all.end(), e.image.begin(), e.image.end());
    net.run_images(all.data(), items, batch.front().shape, room, options);
    return result;
  }
  sequence packed;
  std::vector<std::int32_t> positions;
  std::vector<std::int64_t> starts = {0};
  for (const element& e : batch) {
    packed.ids.insert(packed.ids.end(), e.tokens.ids.begin(), e.tokens.ids.end());
    packed.types.insert(packed.types.end(), e.tokens.types.begin(), e.tokens.types.end());
    for (std::size_t p = 0; p < e.tokens.ids.size(); ++p) positions.push_back(static_cast<std::int32_t>(p));
    starts.push_back(static_cast<std::int64_t>(packed.ids.size()));
  }
  net.run_tokens({packed.ids, packed.types, positions, starts}, room, options);
  return result;
}

/// A batch with `e` at places 1, 4, 7, …, between others of its size: the picture's negative, the tokens
/// backwards.
inline std::vector<element> among_neighbours(const element& e, std::size_t items) {
  element other = e;
  for (float& v : other.image) v = -v;
  std::reverse(other.tokens.ids.begin(), other.tokens.ids.end());
  std::vector<element> batch;
  for (std::size_t i = 0; i < items; ++i) batch.push_back(i % 3 == 1 ? e : other);
  return batch;
}

struct difference {
  double max_rel = 0, cosine_distance = 0;
};

/// max |got - expected| / max |expected| and 1 - cosine, over the values that were stored.
inline difference compare(std::span<const float> got, const std::vector<double>& expected) {
  difference d;
  double largest = 0, worst = 0, gg = 0, ee = 0, ge = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double g = i < got.size() ? got[i] : std::nan("");
    largest = std::max(largest, std::abs(expected[i]));
    worst = std::isnan(g) ? g : std::max(worst, std::abs(g - expected[i]));
    if (std::isnan(worst)) break;
    gg += g * g;
    ee += expected[i] * expected[i];
    ge += g * expected[i];
  }
  d.max_rel = worst / largest;
  d.cosine_distance = std::max(0.0, 1 - ge / std::sqrt(gg * ee));
  return d;
}

/// Worst of a checkpoint's sampled values, mean and deviation, relative to its largest value.
inline double compare_checkpoint(const json& expected, const aisle::nn::value_shape& shape, const float* data,
                                 std::int64_t tokens) {
  const bool map = expected.get<std::string>("layout") == "CHW";
  const auto dims = expected["shape"].as_vector<std::int64_t>();
  const std::int64_t rows = shape.what == aisle::nn::value_shape::kind::tokens ? tokens : shape.rows();
  const std::vector<std::int64_t> found =
      map ? std::vector<std::int64_t>{shape.c, shape.h, shape.w} : std::vector<std::int64_t>{rows, shape.c};
  if (dims != found)
    throw std::runtime_error("checkpoint " + expected.get<std::string>("name") + " has another shape");
  const auto at = [&](std::int64_t flat) -> double {
    if (!map) return data[flat];
    return data[flat % rows * shape.c + flat / rows];
  };
  const double largest = expected.get<double>("max_abs");
  const auto index = expected["index"].as_vector<std::int64_t>();
  const auto value = expected["value"].as_vector<double>();
  double worst = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < index.size(); ++i) {
    const double e = std::abs(at(index[i]) - value[i]) / largest;
    worst = std::isnan(e) ? e : std::max(worst, e);
    if (std::isnan(worst)) return worst;
  }
  const std::int64_t n = rows * shape.c;
  for (std::int64_t i = 0; i < n; ++i) {
    sum += data[i];
    squares += static_cast<double>(data[i]) * data[i];
  }
  const double mean = sum / static_cast<double>(n),
               deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(n) - mean * mean));
  worst = std::max(worst, std::abs(mean - expected.get<double>("mean")) / largest);
  return std::max(worst, std::abs(deviation - expected.get<double>("std")) / largest);
}

/// What the reference's float32 run is off in a case, the worst of its inputs, relative to the largest value:
/// one input's is a single draw, three times less than another's.
struct reference_run {
  double embedding = 0, cosine = 0, logits = 0;

  explicit reference_run(const json& c) {
    for (const json& expected : c["expected"].elements()) {
      const json& run = expected["float32_run"];
      embedding = std::max(embedding,
                           run.get<double>("embedding_max_abs_diff") / run.get<double>("embedding_max_abs"));
      cosine = std::max(cosine, run.get<double>("one_minus_cosine"));
      if (const json* values = expected.find("logits16"))
        logits = std::max(logits, run.get<double>("logits_max_abs_diff") / largest(*values));
    }
  }
  static double largest(const json& values) {
    double most = 0;
    for (const double v : values.as_vector<double>()) most = std::max(most, std::abs(v));
    return most;
  }
};

/// What a replay found, the worst of all inputs.
struct outcome {
  std::string isa, arithmetic;
  judged embedding, cosine;    ///< cosine: 1 - cosine
  judged logits, checkpoints;  ///< a limit of 0 where the case has none
  std::int64_t changed_bits = 0,
               compared = 0;  ///< outputs that differ with taps, in a batch or on two threads

  bool good() const {
    return embedding.limit > 0 && embedding.good() && cosine.good() && logits.good() && checkpoints.good() &&
           changed_bits == 0 && compared > 0;
  }
};

/// Runs every input of a case on a kernel table (null: the best). Throws what loading and running throw, and
/// runtime_error where the plan lacks something that the case asks for.
inline outcome run(const json& c, const aisle::models::opened_model& model,
                   const aisle::kernels::kernel_table* table = nullptr) {
  std::map<std::string, std::vector<element>> elements;
  for (const json& input : c["inputs"].elements()) {
    auto& list = elements[input.get<std::string>("name")];
    if (input.get<std::string>("kind") == "image") {
      element e;
      e.image = make_image(input, e.shape);
      list.push_back(std::move(e));
    } else {
      for (sequence& q : sequences_of(input)) {
        element e;
        e.tokens = std::move(q);
        list.push_back(std::move(e));
      }
    }
  }

  // Some models take the size that they were made for, and no other.
  const auto nominal = model.of->text ? aisle::nn::value_shape::tokens(0)
                                      : elements.at(c["expected"][0].get<std::string>("input"))[0].shape;
  aisle::nn::network_options options;
  options.outputs.clear();
  for (const auto& [output, id] : model.graph.outputs) options.outputs.push_back(output);
  options.engine.table = table;
  const aisle::nn::network net(model.graph, *model.weights, nominal, options);
  outcome result;
  result.isa = net.table().name;
  result.arithmetic = aisle::kernels::arithmetic_name(net.table());
  options.taps = true;
  const aisle::nn::network tapped(model.graph, *model.weights, nominal, options);

  const reference_run reference(c);
  for (const json& expected : c["expected"].elements()) {
    const element& e =
        elements.at(expected.get<std::string>("input")).at(expected.get<std::size_t>("item", std::size_t{0}));
    const outputs alone = run_batch(net, {e}, 1);
    const difference d = compare(alone.at("embedding"), expected["embedding"].as_vector<double>());
    result.embedding.take(d.max_rel, limit_of(reference.embedding));
    result.cosine.take(d.cosine_distance, cosine_limit_of(reference.cosine));

    std::map<std::string, const json*> wanted;
    double last = 0;  // what the reference is off at the last place inside
    for (const json& checkpoint : expected["checkpoints"].elements()) {
      wanted[checkpoint.get<std::string>("name")] = &checkpoint;
      last = checkpoint.get<double>("float32_max_abs_diff") / checkpoint.get<double>("max_abs");
    }
    if (const json* logits = expected.find("logits16"))
      result.logits.take(compare(alone.at("logits"), logits->as_vector<double>()).max_rel,
                         limit_of(reference.logits));
    // The pooler reads one token of that place and nothing else.
    if (const json* pooled = expected.find("pooler_output16"))
      result.logits.take(compare(alone.at("pooler_output"), pooled->as_vector<double>()).max_rel,
                         limit_of(last));
    std::size_t seen = 0;
    const outputs with_taps =
        run_batch(tapped, {e}, 2, [&](const std::string& tap, const auto& shape, const float* data) {
          const auto it = wanted.find(tap);
          if (it == wanted.end()) return;
          result.checkpoints.take(
              compare_checkpoint(*it->second, shape, data, static_cast<std::int64_t>(e.tokens.ids.size())),
              limit_of(it->second->get<double>("float32_max_abs_diff") / it->second->get<double>("max_abs")));
          ++seen;
        });
    if (seen != wanted.size()) throw std::runtime_error("the plan has no node for some checkpoint");

    // The same bits with taps, and among neighbours: in a batch of three, and of eight on two threads.
    const outputs three = run_batch(net, among_neighbours(e, 3), 1),
                  eight = run_batch(net, among_neighbours(e, 8), 2);
    for (const auto& [output, values] : alone) {
      ++result.compared;
      bool same = with_taps.at(output) == values;
      for (const outputs* batch : {&three, &eight}) {
        const std::vector<float>& all = batch->at(output);
        for (std::size_t i = 1; i * values.size() < all.size(); i += 3)
          same = same && std::equal(values.begin(), values.end(),
                                    all.begin() + static_cast<std::ptrdiff_t>(i * values.size()));
      }
      result.changed_bits += !same;
    }
  }
  return result;
}

}  // namespace replay
