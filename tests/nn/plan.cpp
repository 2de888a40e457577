#include <doctest/doctest.h>

#include <algorithm>
#include <span>
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
  return aisle::nn::as<Op>(*g.nodes[i].op) != nullptr;
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

  const auto is_input = [&](std::size_t i) { return g.nodes[i].op->is_input(); };
  // The bytes of one row after another: two values of one buffer may share rows in other columns.
  const auto place = [&](std::size_t i) {
    return range{p.steps[i].offset, p.steps[i].shape.rows() * p.steps[i].row_stride * 4};
  };
  const auto columns = [&](std::size_t i) { return range{p.steps[i].column, p.steps[i].shape.c}; };
  const auto overlap = [&](std::size_t i, std::size_t j) {
    if (!place(i).meets(place(j))) return false;
    const bool one_buffer =
        p.steps[i].offset == p.steps[j].offset && p.steps[i].row_stride == p.steps[j].row_stride;
    return !one_buffer || columns(i).meets(columns(j));
  };
  const auto inside = [&](const range& r) { return r.begin >= 0 && r.begin + r.size <= p.bytes; };
  for (std::size_t j = 0; j < n; ++j) {
    const auto& step = p.steps[j];
    const auto& inputs = g.nodes[j].inputs;
    const std::string at = " at step " + std::to_string(j) + " (" + std::string(g.nodes[j].op->kind()) + ")";
    const range extra{step.extra_offset, step.extra_bytes};
    // Pictures stay in the caller's memory.
    if (!is_input(j) && !inside(place(j))) return "outside of the workspace" + at;
    if (step.column < 0 || step.column + step.shape.c > step.row_stride) return "outside of its row" + at;
    if (extra.size > 0 && (!inside(extra) || extra.meets(place(j)))) return "extra memory" + at;
    for (std::size_t i = 0; i < j; ++i) {
      if (is_input(i) || last[i] < j) continue;
      const std::string which = "value " + std::to_string(i) + " is overwritten" + at;
      if (extra.size > 0 && extra.meets(place(i))) return which + " by extra memory";
      if (is_input(j) || !overlap(i, j)) continue;
      const bool reads_it = std::find(inputs.begin(), inputs.end(), static_cast<int>(i)) != inputs.end();
      const bool in_place = element_wise(g, j) && last[i] == j && place(i).begin == place(j).begin &&
                            p.steps[i].shape == p.steps[j].shape && reads_it;
      // What is put side by side lies in the columns of the result already.
      std::int64_t column = step.column;
      bool is_column = false;
      if (is<aisle::nn::concatenate>(g, j) && reads_it && p.steps[i].offset == step.offset)
        for (const int in : inputs) {
          if (in == static_cast<int>(i) && p.steps[i].column == column) is_column = true;
          column += p.steps[static_cast<std::size_t>(in)].shape.c;
        }
      if (!in_place && !is_column) return which;
    }
  }
  return {};
}

/// Transformers of pictures refuse some sizes.
bool takes(const graph& g, const value_shape& input) {
  try {
    return !aisle::nn::infer_shapes(g, input).empty();
  } catch (const aisle::shape_error&) {
    return false;
  }
}

/// All outputs of a graph, with or without its taps.
graph fused(const graph& g, bool taps) {
  std::vector<std::string> outputs;
  for (const auto& [name, id] : g.outputs) outputs.push_back(name);
  return aisle::nn::fuse(g, outputs, taps);
}

/// As the CPU would have it: `extra` bytes a node, some of them none.
plan plan_of(const graph& g, const value_shape& input, std::int64_t extra = 0) {
  return aisle::nn::make_plan(
      g, input,
      {.extra_bytes = [&](std::size_t i, std::span<const aisle::nn::value_layout>, const value_shape&) {
        return i % 3 == 0 ? 0 : extra * static_cast<std::int64_t>(1 + i % 5);
      }});
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
                  value_shape::map(225, 193, 3), value_shape::map(80, 299, 3)};
      CHECK(takes(g, inputs[0]));
      for (const value_shape& input : inputs)
        for (const std::int64_t extra : {0, 100000}) {
          if (!takes(g, input)) continue;
          CAPTURE(std::string(entry.id));
          CAPTURE(taps);
          CAPTURE(aisle::nn::to_string(input));
          CHECK(conflict(g, plan_of(g, input, extra)) == "");
          ++plans;
        }
    }
  CHECK(plans > 200);
}

TEST_CASE("an overlap that is planted is found") {
  for (const char* id : {"resnet18", "convnextv2-atto", "efficientnet-lite0", "all-MiniLM-L6-v2"}) {
    const auto* entry = aisle::models::find_model(id);
    const graph g = fused(entry->graph(), false);
    const plan good =
        plan_of(g, entry->side > 0 ? value_shape::map(96, 96, 3) : value_shape::tokens(0), 1000);
    REQUIRE(conflict(g, good) == "");
    int planted = 0;
    for (std::size_t j = 1; j < g.nodes.size(); ++j) {
      // Each step that writes memory of its own, moved onto what it reads, is noticed.
      const auto from = static_cast<std::size_t>(g.nodes[j].inputs.front());
      if (g.nodes[from].op->is_input() || good.steps[j].offset == good.steps[from].offset) continue;
      plan bad = good;
      bad.steps[j].offset = good.steps[from].offset;
      CHECK(conflict(g, bad) != "");
      ++planted;
      if (good.steps[j].extra_bytes == 0) continue;
      bad = good;
      bad.steps[j].extra_offset = good.steps[from].offset;
      CHECK(conflict(g, bad) != "");
    }
    CHECK(planted > 5);
    plan bad = good;
    bad.bytes -= 64;
    CHECK(conflict(g, bad) != "");
  }
}
