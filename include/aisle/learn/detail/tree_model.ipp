#pragma once

#include <cmath>

#include <aisle/learn/detail/tree_model.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API void write_trees(model_writer& out, const std::vector<tree_model>& trees, std::int64_t classes) {
  std::vector<double> thresholds, distributions;
  std::vector<std::int32_t> features, next;
  std::vector<std::int64_t> ends, leaf_ends;
  for (const auto& tree : trees) {
    for (const auto& node : tree.nodes) {
      thresholds.push_back(node.threshold);
      features.push_back(node.feature);
      next.push_back(node.next);
    }
    distributions.insert(distributions.end(), tree.distributions.begin(), tree.distributions.end());
    ends.push_back(static_cast<std::int64_t>(features.size()));
    leaf_ends.push_back(static_cast<std::int64_t>(distributions.size()) / classes);
  }
  out.add<double>("trees.threshold", thresholds);
  out.add<std::int32_t>("trees.feature", features);
  out.add<std::int32_t>("trees.next", next);
  out.add<std::int64_t>("trees.ends", ends);
  out.add<double>("trees.distributions", distributions,
                  shape{leaf_ends.empty() ? 0 : leaf_ends.back(), classes});
  out.add<std::int64_t>("trees.distribution_ends", leaf_ends);
}

AISLE_API std::vector<tree_model> read_trees(const model_reader& in, std::int64_t classes,
                                             std::int64_t features) {
  const auto thresholds = in.list<double>("trees.threshold", model_numbers::no_nan);
  const auto feature = in.list<std::int32_t>("trees.feature"), next = in.list<std::int32_t>("trees.next");
  const auto ends = in.list<std::int64_t>("trees.ends"),
             leaf_ends = in.list<std::int64_t>("trees.distribution_ends");
  const auto all = static_cast<std::int64_t>(feature.size());
  if (thresholds.size() != feature.size() || next.size() != feature.size() ||
      leaf_ends.size() != ends.size() || ends.empty() || ends.back() != all)
    in.fail("the parts of the trees do not fit each other");
  const auto distributions = in.table<double>("trees.distributions", leaf_ends.back(), classes);

  std::vector<tree_model> out;
  std::int64_t from = 0, leaf_from = 0;
  for (std::size_t t = 0; t < ends.size(); ++t) {
    const std::int64_t end = ends[t], leaf_end = leaf_ends[t];
    const std::string name = "tree " + std::to_string(t);
    if (end <= from || end > all || leaf_end < leaf_from || leaf_end > distributions.rows())
      in.fail(name + " has no nodes or reaches beyond the list");
    tree_model tree;
    tree.classes = classes;
    tree.nodes.resize(static_cast<std::size_t>(end - from));
    std::vector<std::int32_t> depth(tree.nodes.size(), 0);
    for (std::int64_t i = 0; i < end - from; ++i) {
      const auto at = static_cast<std::size_t>(from + i);
      tree.nodes[static_cast<std::size_t>(i)] = {thresholds[at], feature[at], next[at]};
      const std::int64_t target = next[at];
      const bool good = feature[at] == tree_node::pure_leaf ? target >= 0 && target < classes
                        : feature[at] == tree_node::mixed_leaf
                            ? target >= 0 && target < leaf_end - leaf_from
                            // Children stand after their parent, so every path ends.
                            : feature[at] >= 0 && feature[at] < features && target > i + 1 &&
                                  target < end - from && !is_nan(thresholds[at]);
      if (!good) in.fail("node " + std::to_string(i) + " of " + name + " is damaged");
      const std::int32_t below = depth[static_cast<std::size_t>(i)];
      tree.depth = std::max<std::int64_t>(tree.depth, below);
      if (feature[at] >= 0)
        for (const std::int64_t child : {i + 1, target})
          depth[static_cast<std::size_t>(child)] =
              std::max(depth[static_cast<std::size_t>(child)], below + 1);
    }
    for (std::int64_t r = leaf_from; r < leaf_end; ++r)
      for (const double v : distributions.row(r)) {
        if (!(v >= 0 && v <= 1)) in.fail("a distribution of " + name + " is damaged");
        tree.distributions.push_back(v);
      }
    out.push_back(std::move(tree));
    from = end;
    leaf_from = leaf_end;
  }
  return out;
}

}  // namespace detail

AISLE_NAMESPACE_END
