#pragma once

#include <map>
#include <string>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/products.hpp>

AISLE_NAMESPACE_BEGIN

/// How the products that a classifier learnt from were read, by the names of catalogue_options' members: what
/// new products must be read by to be the same to it. Delimiters, encodings and limits are a file's own.
using reading_options = std::map<std::string, std::string>;

/// What of `options` a pipeline remembers; only what differs from nothing.
reading_options remember_reading(const catalogue_options& options);

/// Puts what is remembered into `options`. Names that this version does not know are passed over; throws
/// format_error ("PATH: …") for values that make no sense.
void restore_reading(const reading_options& remembered, catalogue_options& options, const std::string& path);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/reading.ipp>
#endif
