#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>
#include <aisle/catalogue/product_features.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// The features of a split or fold of a modality, as its training rows make them.
struct split_features {
  product_features made;
  feature_set<float> train, test;
};

/// Features of splits, made once for all recipes that look at products in the same way, and kept until the
/// last of their trials has asked. Safe from several threads.
class shared_features {
 public:
  /// A trial is to come that will ask for the features of `how` on this part of this modality.
  void expect(std::size_t modality, std::size_t part, const recipe& how);
  /// Those that were made for another trial, else what `make` returns; `sides` are the part's rows.
  std::shared_ptr<const split_features> get(std::size_t modality, std::size_t part, const recipe& how,
                                            const row_sides& sides,
                                            const std::function<split_features()>& make);

 private:
  struct slot {
    std::size_t modality, part;
    recipe how;
    std::size_t expected;
    std::mutex making{};
    row_sides sides{};
    std::shared_ptr<const split_features> made{};
  };
  std::vector<std::shared_ptr<slot>>::iterator find(std::size_t modality, std::size_t part,
                                                    const recipe& how);

  std::mutex lock_;
  std::vector<std::shared_ptr<slot>> slots_;
};

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/shared_features.ipp>
#endif
