// Model cases: weights computed from tensor names (or a real file), inputs, and what the Python reference
// gives.

#include <algorithm>
#include <memory>
#include <string>

#include <replay.hpp>

#include "golden.hpp"

namespace {

using aisle::json;

/// The cases say "efficientnet" where the library, which has the Lite ones alone, says "efficientnet-lite".
bool is_built(const std::string& family) {
  const auto all = aisle::models::families();
  return std::any_of(all.begin(), all.end(), [&](const auto* f) { return f->name.starts_with(family); });
}

bool claims(const std::string& folder, const std::string& file) {
  return (folder == "full" || folder == "tiny" || folder == "models") && file.ends_with(".json");
}

void run_case(const std::string& path, golden::session& s) {
  const json c = aisle::read_json(path);
  const std::string name = c.get<std::string>("case", path), family = c.get<std::string>("family");
  const bool built = is_built(family);
  if (!built) {
    s.skip(name, "family " + family + " is not built yet");
    return;
  }
  const json config = replay::config_of(c);
  std::unique_ptr<aisle::models::opened_model> model;
  if (c.contains("weights_file")) {
    const std::string file = s.shared() + "/weights/" + c.get<std::string>("weights_file");
    if (!aisle::file_exists(file)) {
      s.skip(name, file + " is absent");
      return;
    }
    model = aisle::models::open_model(aisle::load_checkpoint(file), config);
  } else {
    model = aisle::models::open_model(replay::generate(c), config);
  }

  const replay::outcome r = replay::run(c, *model);
  const std::string on = "isa=" + r.isa + " gemm=" + r.arithmetic;
  s.embedding(name + " embedding", r.embedding.error, r.embedding.limit, r.cosine.error, r.cosine.limit, on);
  if (r.logits.limit > 0) s.error(name + " logits", r.logits.error, r.logits.limit);
  if (r.checkpoints.limit > 0) s.error(name + " checkpoints", r.checkpoints.error, r.checkpoints.limit);
  s.matches(name + " same bits", r.changed_bits, r.compared);
}

const golden::registration models{{"models", claims, run_case}};

}  // namespace
