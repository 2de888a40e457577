// aisle images: the pictures that a catalogue names by URL (or by path), downloaded and brought to one size.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/products.hpp>

#include "catalogue_job.hpp"
#include "command.hpp"
#include "early_checks.hpp"
#include "output_guard.hpp"
#include "picture_options.hpp"
#include "picture_plan.hpp"

namespace aisle_command {

void tell_fetched(const fetched_pictures& found, const fetch_pictures_options& o) {
  tell_skipped(found.failed, found.status);
  const std::int64_t there = found.made + found.kept;
  std::string text =
      std::to_string(there) + " of " + aisle::counted(found.rows, "picture") + " in " + o.folder;
  if (found.kept > 0) text += ", " + std::to_string(found.kept) + " of them from before";
  char rate[64];
  std::snprintf(rate, sizeof rate, "; %.1f s, %.0f pictures a second", found.seconds,
                static_cast<double>(found.made) / std::max(found.seconds, 1e-3));
  if (found.made > 0) text += rate;
  say(text);
  if (there < found.rows && !o.retry_failed)
    say(std::to_string(found.rows - there) + " without: " + found.status +
        " says why; `aisle images --retry-failed` tries what failed again");
}

}  // namespace aisle_command

namespace {

using namespace aisle_command;

struct options {
  aisle::catalogue_options table;
  std::string data, mode = fit_mode_names().front();
  common_options common;
  fetch_pictures_options fetch;
};

int run(options o) {
  if (o.fetch.folder.empty()) o.fetch.folder = aisle::join_path(aisle::parent_folder(o.data), "images");
  o.fetch.form.mode = parse_fit_mode(o.mode);
  o.fetch.threads = o.common.threads;
  o.table.limit = o.common.limit;
  o.table.bare_rows = true;
  output_guard guard;
  guard.writes("--out", status_file(o.fetch.folder));
  guard.reads(o.data);
  check_output_folder("--out", o.fetch.folder);
  progress_bar bar;
  const aisle::catalogue products = aisle::load_catalogue(o.data, o.table);
  tell_reading(products);
  if (!products.has_images())
    throw usage_error(o.data + ": no column image_path; --image-column names that of the pictures");
  if (products.data_rows == 0) throw aisle::nothing_to_do(o.data + ": no rows");
  const fetched_pictures found = fetch_pictures(products, o.fetch, bar);
  tell_fetched(found, o.fetch);
  if (found.rows == 0) {
    say("nothing to do: no row of " + o.data + " names a picture (column " + products.options.image_column +
        ")");
    return exit_nothing;
  }
  if (found.made + found.kept == 0) return exit_failed;
  say("go on with --image-root " + o.fetch.folder + ", as in: aisle run --data " + o.data +
      " --image-column " + products.options.image_column + " --image-root " + o.fetch.folder + " …");
  return found.failed.empty() ? exit_ok : exit_skipped;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--data", o->data, "products: CSV of any separator, JSON lines or a JSON array, also gzip")
      .required()
      .type_name("FILE");
  app.add_option(
         "--image-column", o->table.image_column,
         "column of the URLs or paths (default: image_path); of several in a cell the first that leads "
         "to a picture counts")
      .type_name("COLUMN");
  app.add_option("--id-column", o->table.id_column, "column of the ids, which pictures are named by")
      .type_name("COLUMN")
      .capture_default_str();
  app.add_option("--out", o->fetch.folder, "folder of the pictures (default: images beside --data)")
      .type_name("DIR");
  option size = app.add_option("--size", o->fetch.form.size, "sides of the pictures")
                    .check(within(1, 4096))
                    .type_name("PIXELS")
                    .capture_default_str();
  option mode = app.add_option("--mode", o->mode,
                               "how they get it: squash (both sides), keep-ratio (the shorter side), "
                               "center-crop (then the middle), border (the longer side, the rest white)")
                    .check(one_of(fit_mode_names()))
                    .type_name("NAME")
                    .capture_default_str();
  option quality = app.add_option("--quality", o->fetch.form.quality, "of the JPEGs")
                       .check(within(1, 100))
                       .type_name("N")
                       .capture_default_str();
  app.add_flag("--original", o->fetch.form.original, "keep the files as they come");
  for (const option& other : {size, mode, quality}) app.get_option("--original").excludes(other);
  app.add_flag("--retry-failed", o->fetch.retry_failed, "try what failed in an earlier run again");
  app.add_option("--image-root", o->table.image_root,
                 "folder that paths are relative to (default: that of --data)")
      .type_name("DIR")
      .check(existing_folder());
  add_allow_outside(app, o->table.allow_outside);
  add_network_options(app, o->fetch);
  add_table_options(app, o->table);
  o->common.add(app, {common::threads, common::limit});
  app.footer(
      "Writes DIR/ID.jpg (an id that cannot be a file's name is changed and gets a part of its SHA-256) and\n"
      "DIR/status.csv: row, line, id, url, file, status, error, bytes, sha256, width, height, seconds, form. "
      "Status\n"
      "is ok, failed, pending (interrupted before), none (the row names no picture) or skipped (a bad row).\n"
      "A later run gets what is missing: new rows, other URLs, another size or mode, files that are gone, "
      "what an\n"
      "interrupted or killed run had not got to. What failed stays failed without --retry-failed.\n"
      "\n"
      "Examples:\n"
      "  aisle images --data products.csv --image-column image_url --out pictures\n"
      "  aisle run --data products.csv --image-column image_url --image-root pictures --label class_id --out "
      "results");
  return [o] { return run(*o); };
}

const registration entry{{"images", "download the pictures a catalogue names, resize them", setup}};

}  // namespace

namespace aisle_command {

void add_network_options(option_set app, fetch_pictures_options& o) {
  app.add_option("--at-once", o.at_once, "requests at a time")
      .check(within(1, 1000))
      .type_name("N")
      .capture_default_str();
  app.add_option("--per-host", o.limits.per_host, "requests at a time to one host")
      .check(within(1, 1000))
      .type_name("N")
      .capture_default_str();
  app.add_option("--timeout", o.transport.timeout, "seconds to wait for a connection, and for more data")
      .check(within(0.1, 3600.0))
      .type_name("SECONDS")
      .capture_default_str();
  app.add_option(
         "--deadline", o.limits.deadline,
         "seconds that a row's requests may take, and the waits between them; not what a server asks to "
         "wait")
      .check(within(0.1, 86400.0))
      .type_name("SECONDS")
      .capture_default_str();
  app.add_option(
         "--retries", o.limits.retries,
         "tries after the first where the fault may pass: no connection, time-outs, data that are cut "
         "off, 408, 425, 429 and 5xx")
      .check(within(0, 100))
      .type_name("N")
      .capture_default_str();
  app.add_option("--retry-wait", o.limits.retry_wait,
                 "seconds before the second try, doubled for each more, less up to half by chance")
      .check(within(0.0, 3600.0))
      .type_name("SECONDS")
      .capture_default_str();
  app.add_option("--patience", o.limits.patience,
                 "the longest wait (Retry-After) that is obeyed; a host that asks for more is left alone")
      .check(within(0.0, 86400.0))
      .type_name("SECONDS")
      .capture_default_str();
  app.add_option("--max-bytes", o.transport.max_bytes, "of one picture")
      .check(within(std::int64_t{1}, std::int64_t{1} << 30))
      .type_name("N")
      .capture_default_str();
  app.add_option("--user-agent", o.transport.user_agent,
                 "what servers are told (default: aisle and its version)")
      .type_name("TEXT");
  app.add_flag("--allow-private", o.transport.allow_private,
               "ask addresses of this machine and of private networks too, and proxies that the environment "
               "names: not for tables of somebody else's");
}

}  // namespace aisle_command
