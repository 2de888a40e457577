// aisle run --fetch-images: what `aisle images` does, before anything else.

#include <algorithm>

#include <aisle/base/counted.hpp>

#include "picture_options.hpp"

namespace aisle_command {

void add_fetch_first(option_set app, fetch_first& o) {
  app.add_option("--fetch-images", o.folder,
                 "download pictures that are URLs into this folder first, as `aisle images` does without "
                 "options; what is there from it stays as it is")
      .type_name("DIR")
      .excludes(app.get_option("--image-root"));
  app.add_flag("--allow-private", o.allow_private,
               "fetch from addresses of this machine and of private networks too (see `aisle images`)");
}

void fetch_pictures_of(catalogue_job& job, const fetch_first& o, progress_bar& bar) {
  if (o.folder.empty()) return;
  fetch_pictures_options how;
  how.folder = o.folder;
  how.transport.allow_private = o.allow_private;
  how.threads = job.common.threads;
  how.any_form = how.urls_only = true;
  aisle::catalogue_options reading = job.reading(false);
  reading.bare_rows = true;
  fetched_pictures found = fetch_pictures(aisle::load_catalogue(job.data, reading), how, bar);
  job.image_root = o.folder;
  found.failed.clear();  // the run itself tells of them
  if (found.rows > 0) tell_fetched(found, how);
}

void tell_urls(const aisle::catalogue& products, const fetch_first& o) {
  if (!o.folder.empty() || !products.has_images()) return;
  const auto urls =
      std::count_if(products.products.begin(), products.products.end(),
                    [](const aisle::product& p) { return p.image_path.empty() && !p.image_url.empty(); });
  // Rows with nothing else are no products.
  const auto bare =
      std::count_if(products.problems.begin(), products.problems.end(), [&](const aisle::skipped_row& r) {
        return r.column == products.options.image_column && r.reason.find(" is a URL, ") != std::string::npos;
      });
  if (const std::int64_t n = urls + bare; n > 0)
    say(products.path + ": column " + products.options.image_column + " names " +
        aisle::counted(n, "picture") + " by URL " + (n == 1 ? "that is" : "that are") +
        " not here: --fetch-images DIR fetches them first");
}

}  // namespace aisle_command
