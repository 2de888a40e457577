// aisle models: what is supported.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/json.hpp>
#include <aisle/models/zoo.hpp>

#include "command.hpp"
#include "encoders.hpp"

namespace {

using namespace aisle_command;

struct row {
  std::string id, modality, family, preset, weights;
  std::int64_t dimension = 0, side = 0;
};

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
  r.dimension = aisle::nn::infer_shapes(graph, input)
                    .at(static_cast<std::size_t>(graph.outputs.at("embedding")))
                    .elements();
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
                               {"dimension", r.dimension},
                               {"side", r.side > 0 ? aisle::json(r.side) : aisle::json()},
                               {"preset", r.side > 0 ? aisle::json(r.preset) : aisle::json()},
                               {"weights", r.weights.empty() ? aisle::json() : aisle::json(r.weights)}});
      out.push_back(std::move(j));
    }
    write_out(out.dump(1) + "\n");
    return exit_ok;
  }
  char line[256];
  const auto print = [&](const char* id, const char* modality, const char* family,
                         const std::string& dimension, const std::string& side, const char* preset,
                         const std::string& weights) {
    std::snprintf(line, sizeof line, "%-20s %-6s %-18s %9s %6s  %-28s ", id, modality, family,
                  dimension.c_str(), side.c_str(), preset);
    write_out(line + weights + "\n");
  };
  print("id", "kind", "family", "dimension", "input", "preset", "weights");
  for (const row& r : rows)
    print(r.id.c_str(), r.modality.c_str(), r.family.c_str(), std::to_string(r.dimension),
          r.side > 0 ? std::to_string(r.side) : "text", r.side > 0 ? r.preset.c_str() : "-",
          r.weights.empty() ? "-" : r.weights);
  return exit_ok;
}

action setup(CLI::App& app) {
  struct options {
    common_options common;
    bool json = false;
  };
  auto o = std::make_shared<options>();
  o->common.add(app, {common::weights});
  app.add_flag("--json", o->json, "as JSON");
  app.footer(
      "Columns: the id to use everywhere, text or image, architecture, width of the vectors, side of the "
      "picture, how\n"
      "pictures are prepared, and the weight file where there is one.\n"
      "\n"
      "Examples:\n"
      "  aisle models\n"
      "  aisle models --json | jq -r '.[] | select(.weights).id'");
  return [o] { return list(o->common, o->json); };
}

const registration entry{{"models", "what is supported, and which weights are here", setup}};

}  // namespace
