// aisle models: what is supported.

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/json.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/fusion.hpp>
#include <aisle/nn/plan.hpp>

#include "command.hpp"
#include "encoders.hpp"

namespace {

using namespace aisle_command;

struct row {
  std::string id, modality, family, preset, weights;
  std::int64_t dimension = 0, side = 0, flops = 0;
  std::optional<std::int64_t> parameters{};
};

/// Of texts, whose work depends on their length.
constexpr std::int64_t flops_tokens = 128;

/// The numbers an operator learns, without the running statistics of norms; nothing for an operator that
/// reads tensors and is not known here.
std::optional<std::int64_t> parameters_of(const aisle::nn::operation& op,
                                          std::span<const aisle::nn::value_shape> in) {
  using namespace aisle::nn;
  std::vector<std::string> names;
  op.parameters(names);
  if (names.empty()) return 0;
  const std::int64_t width = in.empty() ? 0 : in[0].c;
  if (const auto* conv = as<conv2d>(op))
    return conv->out * (width * conv->window.taps() + (conv->bias ? 1 : 0));
  if (const auto* conv = as<depthwise>(op)) return width * (conv->window.taps() + (conv->bias ? 1 : 0));
  if (const auto* product = as<linear>(op)) return product->out * (width + (product->bias ? 1 : 0));
  if (const auto* norm = as<batch_norm>(op)) return norm->norm.scaled ? 2 * width : width;
  if (as<layer_norm>(op) || as<global_response_norm>(op)) return 2 * width;
  if (const auto* table = as<token_embedding>(op))
    return (table->vocabulary + table->positions + table->types) * table->hidden;
  if (const auto* table = as<token_mean>(op))
    return table->rows * table->hidden + (table->weights.empty() ? 0 : table->vocabulary);
  // A class token, and a position for it and each patch.
  if (const auto* tokens = as<patch_tokens>(op)) return (tokens->side * tokens->side + 2) * width;
  if (const auto* windows = as<window_attention>(op))  // the biases are those of the layers before it
    return (2 * windows->window - 1) * (2 * windows->window - 1) * windows->heads;
  return std::nullopt;
}

std::optional<std::int64_t> parameters_of(const aisle::nn::graph& g,
                                          const std::vector<aisle::nn::value_shape>& shapes,
                                          const aisle::nn::value_shape& input) {
  std::int64_t sum = 0;
  for (const aisle::nn::node& n : g.nodes) {
    const auto count = parameters_of(*n.op, aisle::nn::shapes_into(n, shapes, input));
    if (!count) return std::nullopt;
    sum += *count;
  }
  return sum;
}

/// Two for each multiply-add on the way to the embedding, as the plan counts them.
std::int64_t flops_of(const aisle::nn::graph& g, const aisle::nn::value_shape& input) {
  std::int64_t sum = 0;
  const bool text = input.what == aisle::nn::value_shape::kind::tokens;
  for (const auto& step : aisle::nn::make_plan(aisle::nn::fuse(g, {"embedding"}, false), input, {}).steps)
    sum += step.shape.what == aisle::nn::value_shape::kind::tokens ? step.flops(flops_tokens)
           : text                                                  ? step.flops(1)
                                                                   : step.flops();
  return sum;
}

/// The checkpoint in WEIGHTS/ID, "" if there is none.
std::string checkpoint_of(const std::string& weights, std::string_view id) {
  const std::string folder = aisle::join_path(weights, id);
  if (!aisle::folder_exists(folder)) return {};
  try {
    return aisle::find_checkpoint(folder);
  } catch (const aisle::error&) {  // an empty or half-fetched folder
    return {};
  }
}

row describe(const aisle::models::zoo_entry& e, const std::string& weights) {
  const aisle::models::family& family = e.of();
  row r{.id = std::string(e.id),
        .modality = family.text ? "text" : "image",
        .family = std::string(family.name),
        .preset = {},
        .weights = checkpoint_of(weights, e.id),
        .side = e.side};
  if (!family.text) {
    common_options o;
    o.weights = weights;
    o.image_model = r.id;
    r.preset = preset_of(o).name;
    if (r.preset.empty()) r.preset = "(its own files)";
  }
  const aisle::nn::graph graph = e.graph();
  const auto input =
      family.text ? aisle::nn::value_shape::tokens(0) : aisle::nn::value_shape::map(e.side, e.side, 3);
  const std::vector<aisle::nn::value_shape> shapes = aisle::nn::infer_shapes(graph, input);
  r.dimension = shapes.at(static_cast<std::size_t>(graph.outputs.at("embedding"))).elements();
  r.parameters = parameters_of(graph, shapes, input);
  r.flops = flops_of(graph, input);
  return r;
}

int list(const common_options& o, bool as_json) {
  std::vector<row> rows;
  for (const aisle::models::zoo_entry& e : aisle::models::zoo()) rows.push_back(describe(e, o.weights));
  if (as_json) {
    aisle::json out = aisle::json::array();
    for (const row& r : rows) {
      aisle::json j =
          aisle::json::object({{"id", r.id},
                               {"modality", r.modality},
                               {"family", r.family},
                               {"parameters", r.parameters ? aisle::json(*r.parameters) : aisle::json()},
                               {"dimension", r.dimension},
                               {"flops", r.flops},
                               {"side", r.side > 0 ? aisle::json(r.side) : aisle::json()},
                               {"preset", r.side > 0 ? aisle::json(r.preset) : aisle::json()},
                               {"weights", r.weights.empty() ? aisle::json() : aisle::json(r.weights)}});
      out.push_back(std::move(j));
    }
    write_out(out.dump(1) + "\n");
    return exit_ok;
  }
  char line[256];
  const auto print = [&](const char* id, const char* family, const std::string& parameters,
                         const std::string& dimension, const std::string& side, const std::string& gflops,
                         const char* preset, const std::string& weights) {
    std::snprintf(line, sizeof line, "%-20s %-18s %10s %9s %5s %7s  %-35s ", id, family, parameters.c_str(),
                  dimension.c_str(), side.c_str(), gflops.c_str(), preset);
    write_text(line + weights + "\n");
  };
  const auto rounded = [&](double v, const char* format) {
    std::snprintf(line, sizeof line, format, v);
    return std::string(line);
  };
  print("id", "family", "parameters", "dimension", "input", "GFLOPs", "preset", "weights");
  for (const row& r : rows)
    print(r.id.c_str(), r.family.c_str(),
          r.parameters ? rounded(static_cast<double>(*r.parameters) / 1e6, "%.2f M") : "?",
          std::to_string(r.dimension), r.side > 0 ? std::to_string(r.side) : "text",
          rounded(static_cast<double>(r.flops) / 1e9, "%.2f"), r.side > 0 ? r.preset.c_str() : "-",
          r.weights.empty() ? "-" : r.weights);
  return exit_ok;
}

action setup(option_set app) {
  struct options {
    common_options common;
    bool json = false;
  };
  auto o = std::make_shared<options>();
  o->common.add(app, {common::weights});
  app.add_flag("--json", o->json, "as JSON");
  app.footer(
      "Columns: the id to use everywhere, architecture, what it has learnt with its classifier, width of the "
      "vectors, side\n"
      "of the picture, work for one vector (2 for each multiply-add, in 10^9; of a text: 128 tokens), how "
      "pictures are\n"
      "prepared, and the weight file where there is one.\n"
      "\n"
      "Examples:\n"
      "  aisle models\n"
      "  aisle models --json | jq -r '.[] | select(.weights).id'");
  return [o] { return list(o->common, o->json); };
}

const registration entry{{"models", "what is supported, and which weights are here", setup}};

}  // namespace
