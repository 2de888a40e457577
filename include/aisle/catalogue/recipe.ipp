#pragma once

#include <cstdio>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/recipe.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::string describe(const recipe& how) {
  std::string out = how.learner;
  if (how.c != 1) {
    char number[32];
    std::snprintf(number, sizeof number, "%g", how.c);
    out += std::string(" (c ") + number + ")";
  }
  out += " on " + std::string(how.fusion.kind == fusion_kind::concat ? "plain" : "balanced") + " vectors";
  return how.words ? out + " and words" : out;
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
  out += ": " + scores(best) + " of the training rows held out, the best of " + counted(tried, "recipe");
  if (tried < search.candidates)
    out += " (" + std::to_string(search.candidates - tried) + " more failed, or time was up)";
  // What comes next and is no neighbour of the same kind.
  for (const recipe_score& s : search.tried)
    if (s.folds > 0 && (s.how.learner != best.how.learner || s.how.words != best.how.words))
      return out + "; next " + describe(s.how) + ": " + scores(s) +
             (s.folds < best.folds ? " on the first fold" : "");
  return out;
}

AISLE_NAMESPACE_END
