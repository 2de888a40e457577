#pragma once

#include <aisle/nn/fusion.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

namespace detail {

/// Rewrites a graph node by node; dropped nodes stay as holes until compact().
class fuser {
 public:
  fuser(const graph& from, const std::vector<std::string>& outputs, bool taps)
      : from_(from),
        uses_(from.nodes.size(), 0),
        kept_(from.nodes.size(), false),
        at_(from.nodes.size(), -1) {
    for (const std::string& name : outputs) {
      const auto it = from.outputs.find(name);
      if (it == from.outputs.end()) {
        std::string known;
        for (const auto& [key, id] : from.outputs) known += (known.empty() ? "" : ", ") + key;
        throw option_error("the model has no output '" + name + "'; it has: " + known);
      }
      wanted_outputs_[name] = it->second;
      keep(it->second);
    }
    if (taps) {
      wanted_taps_ = from.taps;
      for (const auto& [name, id] : from.taps) keep(id);
    }
    for (std::size_t i = from.nodes.size(); i-- > 0;)
      if (uses_[i] > 0 || kept_[i])
        for (const int in : from.nodes[i].inputs) ++uses_[static_cast<std::size_t>(in)];
  }

  graph run() && {
    for (std::size_t i = 0; i < from_.nodes.size(); ++i) {
      if (uses_[i] == 0 && !kept_[i]) continue;
      const node& n = from_.nodes[i];
      int at = -1;
      if (const folded_norm* norm = n.op->as_norm()) at = fold(*norm, n.inputs[0]);
      if (const auto act = n.op->as_activation(); act != kernels::activation::none)
        at = fuse_activation(act, n.inputs[0]);
      if (n.op->is_sum()) {
        at = fuse_residual(n.inputs[0], n.inputs[1]);
        if (at < 0) at = fuse_residual(n.inputs[1], n.inputs[0]);
      }
      if (at < 0) {
        node copy{n.op, {}, n.on_cpu};
        for (const int in : n.inputs) copy.inputs.push_back(at_[static_cast<std::size_t>(in)]);
        at = append(std::move(copy));
      }
      at_[i] = at;
    }
    return compact();
  }

 private:
  void keep(int id) { kept_[static_cast<std::size_t>(id)] = true; }
  int append(node n) {
    out_.push_back(std::move(n));
    return static_cast<int>(out_.size()) - 1;
  }
  bool only_use(int id) const { return uses_[static_cast<std::size_t>(id)] == 1; }
  bool kept(int id) const { return kept_[static_cast<std::size_t>(id)]; }
  node& producer(int id) { return out_[static_cast<std::size_t>(at_[static_cast<std::size_t>(id)])]; }

  int fold(const folded_norm& norm, int input) {
    if (!only_use(input)) return -1;
    operation_ptr folded = producer(input).op->with_norm(norm);
    if (!folded) return -1;
    const int at = at_[static_cast<std::size_t>(input)];
    if (kept(input))
      at_[static_cast<std::size_t>(input)] = append(node(producer(input)));  // the unfolded twin
    out_[static_cast<std::size_t>(at)].op = std::move(folded);
    return at;
  }

  int fuse_activation(kernels::activation act, int input) {
    if (!only_use(input) || kept(input)) return -1;
    operation_ptr fused = producer(input).op->with_activation(act);
    if (!fused) return -1;
    producer(input).op = std::move(fused);
    return at_[static_cast<std::size_t>(input)];
  }

  /// The product that computes `product` also adds `other`. It moves to the end, behind whatever computes
  /// `other`; nothing else reads it.
  int fuse_residual(int product, int other) {
    if (!only_use(product) || kept(product)) return -1;
    operation_ptr fused = producer(product).op->with_residual();
    if (!fused) return -1;
    node n{std::move(fused), producer(product).inputs, producer(product).on_cpu};
    producer(product).inputs.assign(1, -1);  // a hole
    holes_.push_back(at_[static_cast<std::size_t>(product)]);
    n.inputs.push_back(at_[static_cast<std::size_t>(other)]);
    return append(std::move(n));
  }

  graph compact() {
    std::vector<int> to(out_.size(), 0);
    for (const int hole : holes_) to[static_cast<std::size_t>(hole)] = -1;
    graph g;
    for (std::size_t i = 0; i < out_.size(); ++i) {
      if (to[i] < 0) continue;
      to[i] = static_cast<int>(g.nodes.size());
      for (int& in : out_[i].inputs) in = to[static_cast<std::size_t>(in)];
      g.nodes.push_back(std::move(out_[i]));
    }
    const auto renumber = [&](const std::map<std::string, int>& names) {
      std::map<std::string, int> result;
      for (const auto& [name, id] : names)
        result[name] = to[static_cast<std::size_t>(at_[static_cast<std::size_t>(id)])];
      return result;
    };
    g.outputs = renumber(wanted_outputs_);
    g.taps = renumber(wanted_taps_);
    return g;
  }

  const graph& from_;
  std::vector<int> uses_;
  std::vector<bool> kept_;
  std::vector<int> at_;  // where each recorded value is computed now
  std::vector<node> out_;
  std::vector<int> holes_;
  std::map<std::string, int> wanted_outputs_, wanted_taps_;
};

}  // namespace detail

AISLE_API graph fuse(const graph& recorded, const std::vector<std::string>& outputs, bool taps) {
  return detail::fuser(recorded, outputs, taps).run();
}

}  // namespace nn
AISLE_NAMESPACE_END
