#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/catalogue/products.hpp>

#include "command.hpp"
#include "download_queue.hpp"
#include "picture_maker.hpp"
#include "picture_status.hpp"
#include "transport.hpp"

// What `aisle images` and `aisle run --fetch-images` do: the pictures that a catalogue names into one folder.

namespace aisle_command {

struct fetch_pictures_options {
  std::string folder;
  picture_form form;
  download_limits limits;
  transport_options transport;
  int at_once = 64;           ///< requests at a time, to all hosts
  int threads = 0;            ///< that decode, resize and encode; 0: all there are
  bool retry_failed = false;  ///< rows that failed before too
  bool any_form = false;      ///< what is there stays, whatever its form
  bool urls_only = false;     ///< pictures that are files already are left where they are
};

struct fetched_pictures {
  std::int64_t rows = 0;                   ///< that name a picture
  std::int64_t made = 0, kept = 0;         ///< pictures made now, and those that were there
  std::vector<aisle::skipped_row> failed;  ///< rows without one, and why; bad rows of the table too
  std::string status;                      ///< the file that says what became of each row
  double seconds = 0;
};

/// Brings the picture of each row to FOLDER/ID.jpg and writes FOLDER/status.csv, also when it is interrupted
/// (interrupted_error). Pictures of the same URLs are got once. `products` is read with bare_rows.
fetched_pictures fetch_pictures(const aisle::catalogue& products, const fetch_pictures_options& o,
                                progress_bar& bar);

}  // namespace aisle_command
