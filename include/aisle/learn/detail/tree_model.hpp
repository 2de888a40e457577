#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <aisle/learn/detail/model_tensors.hpp>

AISLE_NAMESPACE_BEGIN

/// A node of a decision tree, 16 bytes. Nodes are in depth-first order: the left child of an inner node
/// follows it.
struct tree_node {
  static constexpr std::int32_t pure_leaf = -1, mixed_leaf = -2;

  double threshold = 0;      ///< rows whose feature is not above it go left
  std::int32_t feature = 0;  ///< or pure_leaf or mixed_leaf
  std::int32_t next = 0;  ///< right child; the class of a pure leaf; the row of a mixed leaf's distribution
};
static_assert(sizeof(tree_node) == 16);

namespace detail {

/// One tree: nodes and the class distributions of its mixed leaves.
struct tree_model {
  std::vector<tree_node> nodes;
  std::vector<double> distributions;  ///< [mixed leaves, classes]
  std::int64_t classes = 0;
  std::int64_t depth = 0;

  /// The leaf that `row` falls into.
  template <class T>
  const tree_node& leaf_of(const T* row) const noexcept {
    const tree_node* node = nodes.data();
    while (node->feature >= 0)
      node =
          static_cast<double>(row[node->feature]) <= node->threshold ? node + 1 : nodes.data() + node->next;
    return *node;
  }

  /// Adds the leaf's class distribution to `out` [classes].
  void add_distribution(const tree_node& leaf, double* out) const noexcept {
    if (leaf.feature == tree_node::pure_leaf) {
      out[leaf.next] += 1;
      return;
    }
    const double* from = distributions.data() + static_cast<std::int64_t>(leaf.next) * classes;
    for (std::int64_t c = 0; c < classes; ++c) out[c] += from[c];
  }

  std::int64_t leaves() const noexcept {
    return std::count_if(nodes.begin(), nodes.end(), [](const auto& n) { return n.feature < 0; });
  }
};

/// Trees one after another in three tensors; `ends` are their numbers of nodes, added up.
void write_trees(model_writer& out, const std::vector<tree_model>& trees, std::int64_t classes);
/// Checks that every path ends in a leaf and every index is within its range.
std::vector<tree_model> read_trees(const model_reader& in, std::int64_t classes, std::int64_t features);

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/tree_model.ipp>
#endif
