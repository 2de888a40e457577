#pragma once

#include "catalogue_job.hpp"
#include "command.hpp"
#include "picture_fetch.hpp"

namespace aisle_command {

/// Options of the network, which `aisle images` and `aisle run --fetch-images` have in common.
void add_network_options(option_set app, fetch_pictures_options& o);
/// Says what was got and what not, and why.
void tell_fetched(const fetched_pictures& found, const fetch_pictures_options& o);

/// --fetch-images of `aisle run`.
struct fetch_first {
  std::string folder;  ///< empty: nothing is fetched
  bool allow_private = false;
};
void add_fetch_first(option_set app, fetch_first& o);
/// Fetches the pictures that a job's table names by URL and makes their folder its image root.
void fetch_pictures_of(catalogue_job& job, const fetch_first& o, progress_bar& bar);
/// Says how many pictures are URLs that are not here, and how they come here.
void tell_urls(const aisle::catalogue& products, const fetch_first& o);

}  // namespace aisle_command
