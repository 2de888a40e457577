#pragma once

#include <algorithm>
#include <utility>

#include <aisle/catalogue/detail/shared_features.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API std::vector<std::shared_ptr<shared_features::slot>>::iterator shared_features::find(
    std::size_t modality, std::size_t part, const recipe& how) {
  return std::find_if(slots_.begin(), slots_.end(), [&](const auto& s) {
    return s->modality == modality && s->part == part && same_features(s->how, how);
  });
}

AISLE_API void shared_features::expect(std::size_t modality, std::size_t part, const recipe& how) {
  const std::lock_guard held(lock_);
  const auto found = find(modality, part, how);
  if (found == slots_.end())
    slots_.push_back(
        std::shared_ptr<slot>(new slot{.modality = modality, .part = part, .how = how, .expected = 1}));
  else
    ++(*found)->expected;
}

AISLE_API std::shared_ptr<const split_features> shared_features::get(
    std::size_t modality, std::size_t part, const recipe& how, const row_sides& sides,
    const std::function<split_features()>& make) {
  const auto make_alone = [&] { return std::make_shared<const split_features>(make()); };
  std::shared_ptr<slot> mine;
  {
    const std::lock_guard held(lock_);
    const auto found = find(modality, part, how);
    if (found == slots_.end()) return make_alone();
    mine = *found;
    if (--mine->expected == 0) slots_.erase(found);
  }
  const std::lock_guard making(mine->making);
  if (mine->made && (mine->sides.train != sides.train || mine->sides.test != sides.test)) return make_alone();
  if (!mine->made) {
    mine->made = make_alone();
    mine->sides = sides;
  }
  return mine->made;
}

}  // namespace detail
AISLE_NAMESPACE_END
