// golden/learn/{mlp,mlp_steps}*.json: the network step by step in double, and the accuracy it reaches.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/mlp.hpp>
#include <aisle/learn/mlp_network.hpp>
#include <aisle/learn/optimizer.hpp>

#include "golden.hpp"
#include "learn.hpp"
#include "learn_scores.hpp"
#include "learn_set.hpp"

namespace golden::learn {
namespace {

using aisle::json;
using network_type = aisle::mlp_network<double>;

/// The parts of the network under PyTorch's names: modules are Linear, BatchNorm, ReLU, Dropout, so layer i
/// is 4 i.
struct part {
  std::string name;
  std::span<double> values;
  bool parameter;
};
std::vector<part> parts(network_type& n) {
  std::vector<part> out;
  for (std::int64_t i = 0; i < n.layers(); ++i) {
    const std::string linear = std::to_string(4 * i), norm = std::to_string(4 * i + 1);
    const auto w = n.weight(i);
    out.push_back({linear + ".weight", {w.data(), static_cast<std::size_t>(w.rows() * w.cols())}, true});
    out.push_back({linear + ".bias", n.bias(i), true});
    if (!n.normalised(i)) continue;
    out.push_back({norm + ".weight", n.gamma(i), true});
    out.push_back({norm + ".bias", n.beta(i), true});
    out.push_back({norm + ".running_mean", n.running_mean(i), false});
    out.push_back({norm + ".running_var", n.running_variance(i), false});
  }
  return out;
}

/// The largest difference over the largest value, of several arrays.
class scaled {
 public:
  void add(
      std::span<const double> actual, const aisle::state_dict& file, const std::string& name,
      const std::function<bool(std::size_t)>& counts = [](std::size_t) { return true; }) {
    const auto t = file.read(name);
    const auto expected = t.data<double>();
    if (expected.size() != actual.size()) difference_ = 1e9;
    for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
      if (!counts(i)) continue;
      const double d = std::abs(actual[i] - expected[i]);
      if (!(d <= difference_)) difference_ = std::isfinite(d) ? d : 1e9;
      largest_ = std::max(largest_, std::abs(expected[i]));
    }
  }
  bool any() const { return largest_ > 0; }
  double worst() const { return difference_ / largest_; }

 private:
  double difference_ = 0, largest_ = 0;
};

void run_steps(const std::string& path, session& s) {
  const json file = aisle::read_json(path);
  const auto arrays = aisle::read_safetensors(path.substr(0, path.size() - 4) + "safetensors");
  const auto name = file.get<std::string>("dataset");
  std::string sets = path;  // the copy that belongs to the project has no data sets beside it
  if (!aisle::file_exists(aisle::join_path(aisle::parent_folder(path), name + ".safetensors")))
    sets = s.shared() + "/golden/learn/" + name;
  if (!aisle::file_exists(aisle::join_path(aisle::parent_folder(sets), name + ".safetensors")))
    return s.skip("mlp_steps", "the data set " + name + " is not there");
  const data_set set(sets, name);
  const auto x = set.standardised(set.train);
  const auto y = set.labels.rows(set.train);

  for (const std::string kind : {"plain", "weighted"}) {
    const json& expected = file[kind];
    network_type network({.inputs = x.cols(),
                          .hidden = file["hidden"].as_vector<std::int64_t>(),
                          .outputs = y.classes().size(),
                          .order = aisle::mlp_order::norm_then_relu,
                          .dropout = 0,
                          .norm_epsilon = file.get<double>("bn_eps"),
                          .norm_momentum = file.get<double>("bn_momentum")});
    for (auto& p : parts(network)) {
      const auto t = arrays.read("init." + p.name);
      std::copy_n(t.data<double>().begin(), t.data<double>().size(), p.values.begin());
    }
    aisle::optimizer<double> adam({.learning_rate = file.get<double>("lr"),
                                   .beta1 = file["betas"][0].as<double>(),
                                   .beta2 = file["betas"][1].as<double>(),
                                   .epsilon = file.get<double>("eps"),
                                   .weight_decay = expected.get<double>("weight_decay")});
    std::vector<double> weights;
    if (const auto by_class = numbers(expected["class_weight"]); !by_class.empty())
      for (const auto c : y.codes()) weights.push_back(by_class.at(static_cast<std::size_t>(c)));
    difference losses;
    scaled gradients, after;
    const auto loss = numbers(expected["losses"]);
    for (std::int64_t step = 0; step < file.get<std::int64_t>("steps"); ++step) {
      losses.add(
          network.backpropagate(
              {.x = x, .codes = y.codes(), .weights = weights, .divisor = aisle::loss_divisor::weights}),
          loss.at(static_cast<std::size_t>(step)));
      if (step == 0)
        for (auto& p : parts(network))
          if (p.parameter)
            gradients.add(
                network.gradients().subspan(
                    static_cast<std::size_t>(p.values.data() - network.parameters().data()), p.values.size()),
                arrays, kind + ".grad1." + p.name);
      adam.step(network.parameters(), network.gradients());
    }
    // A bias before batch norm has no effect; its gradient is what rounding leaves, and Adam divides it by
    // itself. Where the reference's is below 1e-14, the steps are rounding on both sides: they are looked at
    // apart.
    scaled undetermined;
    for (auto& p : parts(network)) {
      if (!p.parameter) {
        after.add(p.values, arrays, kind + ".after5." + p.name);
        continue;
      }
      const auto t = arrays.read(kind + ".grad1." + p.name);
      const auto gradient = t.data<double>();
      const bool decays = expected.get<double>("weight_decay") > 0;
      const auto moved = [&](std::size_t i) { return decays || std::abs(gradient[i]) > 1e-14; };
      after.add(p.values, arrays, kind + ".after5." + p.name, moved);
      undetermined.add(p.values, arrays, kind + ".after5." + p.name,
                       [&](std::size_t i) { return !moved(i); });
    }
    auto proba = network.logits(set.standardised(set.test));
    for (std::int64_t r = 0; r < proba.rows(); ++r) {
      double sum = 0;
      for (double& v : proba.row(r)) sum += v = std::exp(v);
      for (double& v : proba.row(r)) v /= sum;
    }
    scaled probabilities;
    probabilities.add({proba.data(), static_cast<std::size_t>(proba.rows() * proba.cols())}, arrays,
                      kind + ".test_proba");
    s.error("mlp_steps/" + kind + "/losses", losses.worst(), 1e-9);
    s.error("mlp_steps/" + kind + "/grad1", gradients.worst(), 1e-9);
    s.error("mlp_steps/" + kind + "/after5", after.worst(), 1e-9);
    if (undetermined.any())
      s.error("mlp_steps/" + kind + "/after5 without effect", undetermined.worst(), 1e-7);
    s.error("mlp_steps/" + kind + "/test_proba", probabilities.worst(), 1e-9);
  }
}

/// The number after `key` in the description of a network.
double described(const json& net, const std::string& text, const std::string& key) {
  const auto at = text.find(key);
  if (at == std::string::npos) net.fail("no \"" + key + "\" in the network's description");
  return std::strtod(text.c_str() + at + key.size(), nullptr);
}

void run_bands(const std::string& path, session& s) {
  const json file = aisle::read_json(path);
  for (const auto& [name, expected] : file.members()) {
    const auto net = expected.get<std::string>("net");
    const data_set set(path, name);
    aisle::mlp_options options;
    const auto number = [&, &description = expected["net"]](const char* key) {
      return described(description, net, key);
    };
    options.dropout = number("Dropout(");
    options.optimizer.learning_rate = number("lr ");
    options.batch = static_cast<std::int64_t>(number("batch "));
    const auto sizes = net.find('[');
    options.hidden = {
        static_cast<std::int64_t>(number("[")),
        static_cast<std::int64_t>(std::strtod(net.c_str() + net.find(',', sizes) + 1, nullptr))};
    options.epochs = static_cast<std::int64_t>(
        std::strtod(net.c_str() + net.rfind(' ', net.find(" epochs") - 1), nullptr));
    options.order = net.find("BatchNorm") < net.find("ReLU") ? aisle::mlp_order::norm_then_relu
                                                             : aisle::mlp_order::relu_then_norm;
    options.validation_share = 0;
    seed_scores scores(set);
    const auto train = narrow(set.standardised(set.train)), test = narrow(set.standardised(set.test));
    for (int seed = 0; seed < seeds; ++seed) {
      options.seed = static_cast<std::uint64_t>(seed);
      aisle::mlp<float> model(options);
      model.fit(train, set.labels.rows(set.train));
      scores.add(model.predict(test));
    }
    scores.check("mlp/" + name, expected, s);
  }
}

bool claims_steps(const std::string& folder, const std::string& file) {
  return folder == "learn" && file.starts_with("mlp_steps") && file.ends_with(".json");
}
bool claims_bands(const std::string& folder, const std::string& file) {
  return folder == "learn" && file.starts_with("mlp") && file.ends_with(".json") &&
         !claims_steps(folder, file);
}
const registration steps{{"learn/mlp_steps", claims_steps, run_steps}};
const registration bands{{"learn/mlp", claims_bands, run_bands}};

}  // namespace
}  // namespace golden::learn
