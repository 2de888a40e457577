// golden/learn/tsne*.json: t-SNE within the quality of scikit-learn's and openTSNE's.

#include <algorithm>
#include <string>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/learn/scaler.hpp>
#include <aisle/learn/tsne.hpp>

#include "golden.hpp"
#include "learn.hpp"
#include "learn_set.hpp"

#include "../learn/neighbourhoods.hpp"

namespace golden::learn {
namespace {

using aisle::json;
using aisle::tsne_gradient;
using aisle::tsne_start;

void run_case(const std::string& name, const aisle::matrix<double>& x, const json& expected, session& s) {
  const auto perplexity = expected.get<double>("perplexity");
  double most = 0, least = 1;
  for (const json& run : expected["runs"].elements()) {
    most = std::max(most, run.get<double>("exact_kl"));
    least = std::min(least, run.get<double>("trustworthiness12"));
  }
  struct way {
    const char* name;
    tsne_gradient gradient;
    tsne_start start;
  };
  // Not by interpolation: its grid is for thousands of rows (tests/learn/tsne.cpp judges its forces).
  for (const way& w : {way{"exact", tsne_gradient::exact, tsne_start::pca},
                       way{"barnes_hut", tsne_gradient::barnes_hut, tsne_start::pca},
                       way{"default", tsne_gradient::automatic, tsne_start::pca},
                       way{"random", tsne_gradient::automatic, tsne_start::random}}) {
    const auto found = aisle::tsne(x, {.perplexity = perplexity, .start = w.start, .gradient = w.gradient});
    const double kl = neighbourhoods::divergence(x, found.points, perplexity);
    const double trust = neighbourhoods::trustworthiness(x, found.points, 12);
    s.error(name + "/" + w.name + "/exact_kl", kl, 1.02 * most,
            "reported " + std::to_string(found.kl_divergence));
    s.error(name + "/" + w.name + "/trustworthiness", 1 - trust, 1 - least + 0.002);
  }
}

void run(const std::string& path, session& s) {
  const json file = aisle::read_json(path);
  for (const auto& [name, expected] : file.members()) {
    aisle::matrix<double> x = data_set(path, split_name(name)[0]).x;
    if (expected.get<std::string>("features").starts_with("standardised"))
      x = aisle::standard_scaler<double>::fit(x).transform(x);
    run_case(name, x, expected, s);
  }
}

const registration entry{{"learn/tsne",
                          [](const std::string& folder, const std::string& file) {
                            return folder == "learn" && file.starts_with("tsne") && file.ends_with(".json");
                          },
                          run}};

}  // namespace
}  // namespace golden::learn
