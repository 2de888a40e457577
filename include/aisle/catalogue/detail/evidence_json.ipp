#pragma once

#include <optional>
#include <vector>

#include <aisle/catalogue/detail/evidence_json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API void add_evidence(json& to, const score_evidence& e) {
  const auto pair = [](const interval& v) { return json::array_of(std::vector<double>{v.low, v.high}); };
  if (e.accuracy) to["accuracy_interval"] = pair(*e.accuracy);
  if (e.macro_f1) to["macro_f1_interval"] = pair(*e.macro_f1);
  if (e.without_twins.rows > 0)
    to["without_near_twins"] = json::object({{"rows", e.without_twins.rows},
                                             {"accuracy", e.without_twins.accuracy},
                                             {"macro_f1", e.without_twins.macro_f1}});
  if (e.calibration_error >= 0)
    to["calibration"] = json::object({{"temperature", e.temperature},
                                      {"expected_calibration_error", e.calibration_error},
                                      {"expected_calibration_error_before", e.raw_calibration_error}});
  if (e.against_best)
    to["against_best"] = json::object({{"rows", e.compared_rows},
                                       {"only_this_right", e.against_best->only_first},
                                       {"only_best_right", e.against_best->only_second},
                                       {"p_value", e.against_best->p_value},
                                       {"indistinguishable", e.indistinguishable()}});
}

AISLE_API score_evidence read_evidence(const json& from) {
  score_evidence out;
  const auto pair = [&](const char* name) -> std::optional<interval> {
    const json* v = from.find(name);
    if (v == nullptr) return std::nullopt;
    const std::vector<double> ends = v->as_vector<double>();
    if (ends.size() != 2) v->fail("expected the two ends of an interval");
    return interval{ends[0], ends[1]};
  };
  out.accuracy = pair("accuracy_interval");
  out.macro_f1 = pair("macro_f1_interval");
  if (const json* v = from.find("without_near_twins"))
    out.without_twins = {v->get<std::int64_t>("rows"), v->get<double>("accuracy"),
                         v->get<double>("macro_f1")};
  if (const json* v = from.find("calibration")) {
    out.temperature = v->get<double>("temperature");
    out.calibration_error = v->get<double>("expected_calibration_error");
    out.raw_calibration_error = v->get<double>("expected_calibration_error_before");
  }
  if (const json* v = from.find("against_best")) {
    out.compared_rows = v->get<std::int64_t>("rows");
    const auto one = v->get<std::int64_t>("only_this_right"), other = v->get<std::int64_t>("only_best_right");
    if (one < 0 || other < 0 || one > out.compared_rows || other > out.compared_rows)
      v->fail("expected numbers of rows up to \"rows\"");
    out.against_best = mcnemar_test(one, other);
  }
  return out;
}

AISLE_API json to_json(const twin_findings& t) {
  return json::object({{"least_cosine", t.least_cosine},
                       {"test_rows", t.rows},
                       {"near_twins", t.twins},
                       {"same_text", t.same},
                       {"by_text", t.by_text},
                       {"by_image", t.by_image}});
}
AISLE_API twin_findings read_twins(const json& from) {
  return {from.get<double>("least_cosine"),     from.get<std::int64_t>("test_rows"),
          from.get<std::int64_t>("near_twins"), from.get<std::int64_t>("same_text"),
          from.get<std::int64_t>("by_text"),    from.get<std::int64_t>("by_image")};
}

}  // namespace detail
AISLE_NAMESPACE_END
