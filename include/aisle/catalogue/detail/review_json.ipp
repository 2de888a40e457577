#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <aisle/catalogue/detail/review_json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API json to_json(const learning_curve& curve) {
  json points = json::array(), forecasts = json::array();
  for (const curve_point& p : curve.points)
    points.push_back(json::object(
        {{"share", p.share}, {"rows", p.rows}, {"accuracy", p.accuracy}, {"macro_f1", p.macro_f1}}));
  for (const curve_forecast& f : curve.forecasts)
    forecasts.push_back(json::object({{"class", curve.classes.at(static_cast<std::size_t>(f.code))},
                                      {"more_rows", f.more_rows},
                                      {"f1", f.f1},
                                      {"gain", f.gain},
                                      {"low", f.low},
                                      {"high", f.high}}));
  return json::object({{"modality", curve.modality},
                       {"model", curve.learner},
                       {"folds", curve.folds},
                       {"points", std::move(points)},
                       {"forecasts", std::move(forecasts)}});
}

AISLE_API learning_curve read_curve(const json& from) {
  learning_curve out;
  out.modality = from.get<std::string>("modality");
  out.learner = from.get<std::string>("model");
  out.folds = from.get<std::int64_t>("folds");
  for (const json& p : from["points"].elements())
    out.points.push_back({p.get<double>("share"),
                          p.get<double>("rows"),
                          p.get<double>("accuracy"),
                          p.get<double>("macro_f1"),
                          {},
                          {}});
  for (const json& f : from["forecasts"].elements()) {
    out.forecasts.push_back({static_cast<std::int64_t>(out.classes.size()), f.get<double>("more_rows"),
                             f.get<double>("f1"), f.get<double>("gain"), f.get<double>("low"),
                             f.get<double>("high")});
    out.classes.push_back(f.get<std::string>("class"));
  }
  return out;
}

AISLE_API json to_json(const std::vector<quality_count>& counts) {
  json::object_type out;
  for (const quality_count& c : counts)
    out.push_back({c.kind, json::object({{"findings", c.findings}, {"rows", c.rows}})});
  return json(std::move(out));
}

AISLE_API std::vector<quality_count> read_quality(const json& from) {
  std::vector<quality_count> out;
  for (const auto& [kind, count] : from.members())
    out.push_back({kind, count.get<std::int64_t>("findings"), count.get<std::int64_t>("rows")});
  return out;
}

}  // namespace detail
AISLE_NAMESPACE_END
