#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <aisle/learn/late_fusion.hpp>
#include <aisle/learn/learners.hpp>

AISLE_NAMESPACE_BEGIN

/// An unfitted learner by its kind (a name of learner_kinds, or "late_fusion") with default options. Throws
/// option_error for another kind.
template <class T = float>
std::unique_ptr<classifier<T>> make_classifier(std::string_view kind) {
  if (kind == late_fusion_name) return std::make_unique<late_fusion<T>>();
  return find_learner<T>(kind).make();
}

/// Reads what classifier::save wrote; the learner predicts as the saved one did. A file saved from double may
/// be read as float and the other way round. Throws format_error for anything else, damaged files included.
template <class T = float>
std::unique_ptr<classifier<T>> load_classifier(const std::string& path) {
  const detail::model_reader in(path);
  std::unique_ptr<classifier<T>> out;
  try {
    out = make_classifier<T>(in.text("kind"));
  } catch (const option_error& e) {  // an unknown kind
    in.fail(e.what());
  }
  return detail::load_into(std::move(out), in);
}

AISLE_NAMESPACE_END
