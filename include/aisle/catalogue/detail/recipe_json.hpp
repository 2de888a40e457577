#pragma once

#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/io/json.hpp>

// Recipes as metrics.json and report.json hold them.

AISLE_NAMESPACE_BEGIN
namespace detail {

json to_json(const recipe& how);
recipe read_recipe(const json& from);
json to_json(const std::vector<recipe_search>& searches);
std::vector<recipe_search> read_searches(const json& from);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/recipe_json.ipp>
#endif
