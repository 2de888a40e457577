#pragma once

#include <aisle/base/config.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/io/json.hpp>

// How far scores can be trusted, as metrics.json and report.json have it.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Adds to the object of a classifier what is known.
void add_evidence(json& to, const score_evidence& e);
/// What add_evidence wrote; of earlier versions nothing.
score_evidence read_evidence(const json& from);

json to_json(const twin_findings& t);
twin_findings read_twins(const json& from);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/evidence_json.ipp>
#endif
