#pragma once

#include <string>
#include <utility>

#include <aisle/catalogue/detail/recipe_json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API json to_json(const recipe& how) {
  return json::object({{"learner", how.learner},
                       {"c", how.c},
                       {"fusion", std::string(name_of(how.fusion.kind))},
                       {"norm", how.fusion.norm},
                       {"words", how.words},
                       {"columns", json::array_of(how.columns)}});
}

AISLE_API recipe read_recipe(const json& from) {
  recipe out{.learner = from.get<std::string>("learner"),
             .c = from.get<double>("c"),
             .fusion = {.kind = parse_fusion_kind(from.get<std::string>("fusion")),
                        .norm = from.get<double>("norm")},
             .words = from.get<bool>("words")};
  if (const json* columns = from.find("columns")) out.columns = columns->as_vector<std::string>();
  return out;
}

AISLE_API json to_json(const std::vector<recipe_search>& searches) {
  json out = json::array();
  for (const recipe_search& s : searches) {
    json tried = json::array();
    for (const recipe_score& r : s.tried)
      tried.push_back(json::object({{"recipe", to_json(r.how)},
                                    {"accuracy", r.accuracy},
                                    {"macro_f1", r.macro_f1},
                                    {"folds", r.folds},
                                    {"seconds", r.seconds}}));
    out.push_back(json::object({{"modality", s.modality},
                                {"candidates", s.candidates},
                                {"rows", s.rows},
                                {"of_rows", s.of_rows},
                                {"tried", std::move(tried)}}));
  }
  return out;
}

AISLE_API std::vector<recipe_search> read_searches(const json& from) {
  std::vector<recipe_search> out;
  for (const json& s : from.elements()) {
    recipe_search one{.modality = s.get<std::string>("modality"),
                      .tried = {},
                      .candidates = s.get<std::int64_t>("candidates"),
                      // Earlier versions do not say.
                      .rows = s.get<std::int64_t>("rows", 0),
                      .of_rows = s.get<std::int64_t>("of_rows", 0)};
    for (const json& r : s["tried"].elements())
      one.tried.push_back({.how = read_recipe(r["recipe"]),
                           .accuracy = r.get<double>("accuracy"),
                           .macro_f1 = r.get<double>("macro_f1"),
                           .folds = r.get<int>("folds"),
                           .seconds = r.get<double>("seconds")});
    if (one.tried.empty()) s["tried"].fail("expected the recipe that was chosen");
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace detail
AISLE_NAMESPACE_END
