#pragma once

#include <string>

#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/products.hpp>

AISLE_NAMESPACE_BEGIN

/// Of a catalogue whose pictures, all or nearly all of them, are not where it says: how many, one of them,
/// and what to do. Otherwise empty.
std::string missing_pictures(const catalogue& products);

/// "None of 170 pictures could be read: …" with the first reason; empty where some could, or none is named.
std::string no_picture_read(const catalogue& products, const embedding_table& images);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/picture_checks.ipp>
#endif
