#pragma once

#include <algorithm>
#include <utility>

#include <aisle/nn/plan.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

AISLE_API std::vector<value_shape> shapes_into(const node& n, const std::vector<value_shape>& shapes,
                                               const value_shape& input) {
  std::vector<value_shape> in;
  if (n.op->is_input()) in.push_back(input);
  for (const int i : n.inputs) in.push_back(shapes[static_cast<std::size_t>(i)]);
  return in;
}

AISLE_API std::vector<value_shape> infer_shapes(const graph& g, const value_shape& input) {
  std::vector<value_shape> shapes;
  for (const node& n : g.nodes) shapes.push_back(n.op->infer(shapes_into(n, shapes, input)));
  return shapes;
}

AISLE_API std::vector<value_layout> layouts_into(const plan& p, std::size_t i) {
  std::vector<value_layout> in;
  for (const int id : p.steps[i].inputs) {
    const plan_step& from = p.steps[static_cast<std::size_t>(id)];
    in.push_back({from.shape, from.row_stride});
  }
  return in;
}

namespace detail {

/// Offsets in a workspace: the lowest gap that is large enough.
class arena {
 public:
  explicit arena(std::int64_t alignment) : alignment_(alignment) {}
  std::int64_t take(std::int64_t size) {
    size = (size + alignment_ - 1) / alignment_ * alignment_;
    std::int64_t at = 0;
    auto it = used_.begin();
    for (; it != used_.end() && it->first - at < size; ++it) at = it->first + it->second;
    used_.insert(it, {at, size});
    top_ = std::max(top_, at + size);
    return at;
  }
  void give_back(std::int64_t at) {
    used_.erase(
        std::remove_if(used_.begin(), used_.end(), [&](const auto& block) { return block.first == at; }),
        used_.end());
  }
  std::int64_t top() const { return top_; }

 private:
  std::int64_t alignment_;
  std::vector<std::pair<std::int64_t, std::int64_t>> used_;  // (offset, size) in order
  std::int64_t top_ = 0;
};

/// The buffer that a value lies in, named after the widest value of it, and the life of all its values.
struct buffer_plan {
  std::size_t of = 0;
  std::int64_t column = 0;
};
struct buffer_life {
  std::size_t first = 0, last = 0;
  std::int64_t offset = -1;
};

/// Inputs of a joining operator lie in its columns. One that cannot (the caller's picture, one that lies
/// elsewhere or is given twice) keeps a buffer of its own, and is copied.
AISLE_API std::vector<buffer_plan> place_values(const graph& g, const std::vector<value_shape>& shapes) {
  const std::size_t n = g.nodes.size();
  std::vector<buffer_plan> place(n);
  std::vector<bool> placed(n, false);
  for (std::size_t i = 0; i < n; ++i) place[i].of = i;
  for (std::size_t i = n; i-- > 0;) {
    if (!g.nodes[i].op->joins_columns()) continue;
    std::int64_t column = place[i].column;
    for (const int input : g.nodes[i].inputs) {
      const auto in = static_cast<std::size_t>(input);
      if (!placed[in] && !g.nodes[in].op->is_input()) {
        place[in] = {place[i].of, column};
        placed[in] = true;
      }
      column += shapes[in].c;
    }
  }
  return place;
}

}  // namespace detail

AISLE_API plan make_plan(const graph& g, const value_shape& input, const device_facts& device) {
  plan p;
  p.input = input;
  const std::size_t n = g.nodes.size();
  const std::vector<value_shape> shapes = infer_shapes(g, input);
  const std::vector<detail::buffer_plan> place = detail::place_values(g, shapes);

  std::vector<detail::buffer_life> life(n);
  std::vector<std::size_t> values(n, 0);
  for (std::size_t i = n; i-- > 0;) life[place[i].of].first = i;
  const auto used = [&](int value, std::size_t at) {
    auto& last = life[place[static_cast<std::size_t>(value)].of].last;
    last = std::max(last, at);
  };
  for (std::size_t i = 0; i < n; ++i) {
    ++values[place[i].of];
    used(static_cast<int>(i), i);  // one that is only tapped is read right after it ran
    for (const int in : g.nodes[i].inputs) used(in, i);
  }
  for (const auto& [name, id] : g.outputs) used(id, n);

  detail::arena arena(device.alignment);
  for (std::size_t i = 0; i < n; ++i) {
    const node& node = g.nodes[i];
    const std::vector<value_shape> in = shapes_into(node, shapes, input);
    const std::size_t home = place[i].of;
    plan_step s;
    s.node = static_cast<int>(i);
    s.inputs = node.inputs;
    s.shape = shapes[i];
    s.column = place[i].column;
    s.row_stride = shapes[home].c;
    s.cost = node.op->cost(in, s.shape);
    p.steps.push_back(std::move(s));
    p.groups.push_back({i, 1});
    plan_step& step = p.steps.back();
    if (device.extra_bytes) step.extra_bytes = device.extra_bytes(i, layouts_into(p, i), step.shape);

    // Pictures stay in the caller's memory.
    const auto ends_here = [&](std::size_t value) {
      return life[place[value].of].last == i && values[place[value].of] == 1 &&
             !g.nodes[value].op->is_input();
    };
    if (node.op->is_input()) life[home].offset = 0;
    if (life[home].offset < 0 && node.op->works_in_place() && values[home] == 1)
      for (const int id : node.inputs) {
        const auto from = static_cast<std::size_t>(id);
        if (life[home].offset >= 0 || !ends_here(from) || !(shapes[from] == step.shape)) continue;
        life[home].offset = life[place[from].of].offset;
        values[place[from].of] = 0;  // its memory has another owner now
      }
    if (life[home].offset < 0)
      life[home].offset =
          arena.take(shapes[home].elements() * static_cast<std::int64_t>(size_of(step.element)));
    step.offset = life[home].offset;
    if (step.extra_bytes > 0) {
      step.extra_offset = arena.take(step.extra_bytes);
      arena.give_back(step.extra_offset);
    }
    for (std::size_t value = 0; value <= i; ++value)
      if (place[value].of == value && life[value].last == i && values[value] > 0 &&
          !g.nodes[value].op->is_input())
        arena.give_back(life[value].offset);
  }
  p.bytes = arena.top();
  return p;
}

}  // namespace nn
AISLE_NAMESPACE_END
