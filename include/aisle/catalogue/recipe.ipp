#pragma once

#include <cstdio>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/recipe.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API bool same_features(const recipe& a, const recipe& b) {
  return a.fusion == b.fusion && a.words == b.words && a.columns == b.columns;
}

AISLE_API std::string describe(const recipe& how) {
  std::string out = how.learner;
  if (how.c != 1) {
    char number[32];
    std::snprintf(number, sizeof number, "%g", how.c);
    out += std::string(" (c ") + number + ")";
  }
  switch (how.fusion.kind) {
    case fusion_kind::concat:
      out += " on plain vectors";
      break;
    case fusion_kind::balanced:
      out += " on balanced vectors";
      break;
    case fusion_kind::late:
      out += " on vectors each (late fusion)";
      break;
    case fusion_kind::stacked:
      out += " on vectors each (stacked)";
      break;
  }
  if (how.words) out += how.columns.empty() ? " and words" : ", words";
  for (std::size_t i = 0; i < how.columns.size(); ++i)
    out += (i > 0 ? ", " : how.columns.size() > 1 ? " and columns " : " and column ") + how.columns[i];
  return out;
}

AISLE_API std::string describe(const recipe_search& search) {
  const auto scores = [](const recipe_score& s) {
    char text[80];
    std::snprintf(text, sizeof text, "accuracy %.2f %%, macro F1 %.2f %%", s.accuracy, s.macro_f1);
    return std::string(text);
  };
  const auto tried = static_cast<std::int64_t>(search.tried.size());
  const recipe_score& best = search.tried.front();
  std::string out = describe(best.how);
  if (best.folds == 0) return out + ": none could be tried";
  out += ": " + scores(best) + " of ";
  if (search.of_rows > search.rows)
    out += "a sample of " + std::to_string(search.rows) + " of " + std::to_string(search.of_rows) +
           " training rows,";
  else
    out += "the training rows";
  if (best.folds == 1) out += " of one fold";  // time was up
  out += " held out, the best of " + counted(tried, "recipe");
  if (tried < search.candidates)
    out += " (" + std::to_string(search.candidates - tried) + " more failed, or time was up)";
  // What comes next and is no neighbour of the same kind.
  for (const recipe_score& s : search.tried)
    if (s.folds > 0 && (s.how.learner != best.how.learner || !same_features(s.how, best.how)))
      return out + "; next " + describe(s.how) + ": " + scores(s) +
             (s.folds < best.folds ? " on the first fold" : "");
  return out;
}

AISLE_NAMESPACE_END
