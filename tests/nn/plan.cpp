#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <aisle/models/zoo.hpp>
#include <aisle/nn/fusion.hpp>
#include <aisle/nn/plan.hpp>

using aisle::nn::graph;
using aisle::nn::plan;
using aisle::nn::value_shape;

namespace {

struct range {
  std::int64_t begin, size;
  bool meets(const range& o) const { return begin < o.begin + o.size && o.begin < begin + size; }
};

template <class Op>
bool is(const graph& g, std::size_t i) {
  return std::holds_alternative<Op>(g.nodes[i].op);
}

/// Operators that read and write an element at a time, so that a value may take its operand's place.
bool element_wise(const graph& g, std::size_t i) {
  using namespace aisle::nn;
  return is<batch_norm>(g, i) || is<layer_norm>(g, i) || is<global_response_norm>(g, i) ||
         is<l2_normalize>(g, i) || is<activate>(g, i) || is<add>(g, i);
}

/// What is wrong with a plan's workspace, from its data and the graph alone; empty: nothing. A value lives
/// from the step that writes it to the last that reads it; an output to the end.
std::string conflict(const graph& g, const plan& p) {
  const std::size_t n = g.nodes.size();
  if (p.steps.size() != n) return "other steps than nodes";
  std::vector<std::size_t> last(n);
  for (std::size_t i = 0; i < n; ++i) {
    last[i] = std::max(last[i], i);
    if (p.steps[i].inputs != g.nodes[i].inputs) return "step " + std::to_string(i) + " reads other values";
    for (const int in : g.nodes[i].inputs) last[static_cast<std::size_t>(in)] = i;
  }
  for (const auto& [name, id] : g.outputs) last[static_cast<std::size_t>(id)] = n;

  const auto place = [&](std::size_t i) { return range{p.steps[i].offset, p.steps[i].shape.floats()}; };
  // Pictures stay in the caller's memory.
  const auto inside = [&](const range& r) { return r.begin >= 0 && r.begin + r.size <= p.floats; };
  for (std::size_t j = 0; j < n; ++j) {
    const auto& step = p.steps[j];
    const std::string at = " at step " + std::to_string(j) + " (" + aisle::nn::kind_of(g.nodes[j].op) + ")";
    const range extra{step.extra_offset, is<aisle::nn::global_response_norm>(g, j)
                                             ? 2 * step.shape.c
                                             : step.geometry.extra_floats};
    if (!is<aisle::nn::image_input>(g, j) && !inside(place(j))) return "outside of the workspace" + at;
    if (extra.size > 0 && (!inside(extra) || extra.meets(place(j)))) return "extra memory" + at;
    for (std::size_t i = 0; i < j; ++i) {
      if (is<aisle::nn::image_input>(g, i) || last[i] < j) continue;
      const std::string which = "value " + std::to_string(i) + " is overwritten" + at;
      if (extra.size > 0 && extra.meets(place(i))) return which + " by extra memory";
      if (is<aisle::nn::image_input>(g, j) || !place(i).meets(place(j))) continue;
      const auto& inputs = g.nodes[j].inputs;
      const bool in_place = element_wise(g, j) && last[i] == j && place(i).begin == place(j).begin &&
                            p.steps[i].shape == p.steps[j].shape &&
                            std::find(inputs.begin(), inputs.end(), static_cast<int>(i)) != inputs.end();
      if (!in_place) return which;
    }
  }
  return {};
}

/// All outputs of a graph, with or without its taps.
graph fused(const graph& g, bool taps) {
  std::vector<std::string> outputs;
  for (const auto& [name, id] : g.outputs) outputs.push_back(name);
  return aisle::nn::fuse(g, outputs, taps);
}

plan plan_of(const graph& g, const value_shape& input, bool winograd = false) {
  std::vector<aisle::nn::prepared> weights(g.nodes.size());
  if (winograd)
    for (auto& w : weights) w.winograd.resize(16);
  return aisle::nn::make_plan(g, weights, input, aisle::kernels::best_table());
}

}  // namespace

TEST_CASE("values that live at the same time never overlap: every model, several sizes") {
  int plans = 0;
  for (const auto& entry : aisle::models::zoo())
    for (const bool taps : {false, true}) {
      const graph g = fused(entry.graph(), taps);
      std::vector<value_shape> inputs = {value_shape::tokens(0)};
      if (entry.side > 0)
        inputs = {value_shape::map(entry.side, entry.side, 3), value_shape::map(96, 96, 3),
                  value_shape::map(225, 193, 3), value_shape::map(64, 299, 3)};
      for (const value_shape& input : inputs)
        for (const bool winograd : {false, true}) {
          CAPTURE(std::string(entry.id));
          CAPTURE(taps);
          CAPTURE(aisle::nn::to_string(input));
          CHECK(conflict(g, plan_of(g, input, winograd)) == "");
          ++plans;
        }
    }
  CHECK(plans > 200);
}

TEST_CASE("an overlap that is planted is found") {
  for (const char* id : {"resnet18", "convnextv2-atto", "efficientnet-lite0", "all-MiniLM-L6-v2"}) {
    const auto* entry = aisle::models::find_model(id);
    const graph g = fused(entry->graph(), false);
    const plan good = plan_of(g, entry->side > 0 ? value_shape::map(96, 96, 3) : value_shape::tokens(0));
    REQUIRE(conflict(g, good) == "");
    int planted = 0;
    for (std::size_t j = 1; j < g.nodes.size(); ++j) {
      // Each step that writes memory of its own, moved onto what it reads, is noticed.
      const auto from = static_cast<std::size_t>(g.nodes[j].inputs.front());
      if (is<aisle::nn::image_input>(g, from) || good.steps[j].offset == good.steps[from].offset) continue;
      plan bad = good;
      bad.steps[j].offset = good.steps[from].offset;
      CHECK(conflict(g, bad) != "");
      ++planted;
      if (good.steps[j].geometry.extra_floats == 0) continue;
      bad = good;
      bad.steps[j].extra_offset = good.steps[from].offset;
      CHECK(conflict(g, bad) != "");
    }
    CHECK(planted > 5);
    plan bad = good;
    bad.floats -= 16;
    CHECK(conflict(g, bad) != "");
  }
}
