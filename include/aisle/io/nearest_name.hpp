#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// Bytes to insert, delete or replace between the first 200 of each (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The names nearest to one that is not among them, best first, at most `most`: equal but for case, blanks
/// and punctuation; then within an edit for every three letters begun; then those of several words that are
/// one of the other's.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> names,
                                       std::size_t most = 3);

/// ", did you mean 'SKU' or 'Variant SKU'?", for the end of a message; nothing for no names.
std::string did_you_mean(std::span<const std::string> names);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/nearest_name.ipp>
#endif
