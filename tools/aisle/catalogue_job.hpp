#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aisle/catalogue/column_features.hpp>
#include <aisle/catalogue/embedder.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/products.hpp>

#include "command.hpp"
#include "early_checks.hpp"
#include "output_guard.hpp"
#include "text_options.hpp"

// What the subcommands that read a products CSV share: its options, embedding it, telling about bad rows.

namespace aisle_command {

/// What vectors are made with, or those that are made already.
struct job_inputs {
  std::shared_ptr<const aisle::embedder> texts, pictures;
  std::optional<aisle::embedding_table> text, image;
};

struct job_vectors {
  std::optional<aisle::embedding_table> text, image;
  const aisle::embedding_table* texts() const { return text ? &*text : nullptr; }
  const aisle::embedding_table* images() const { return image ? &*image : nullptr; }
  /// Texts that a service refused, pictures that could not be read.
  std::vector<aisle::skipped_row> problems() const {
    std::vector<aisle::skipped_row> out;
    for (const auto* table : {&text, &image})
      if (*table) out.insert(out.end(), (*table)->problems.begin(), (*table)->problems.end());
    return out;
  }
};

struct catalogue_job {
  std::string data;
  std::string id_column = "sku";
  std::vector<std::string> text_columns;
  std::string image_column, image_root;
  std::string group_column;  ///< what variants of a product have in common; empty: none
  aisle::label_treatment labels;
  bool keep_html = false;
  bool allow_outside = false;               ///< pictures from anywhere
  aisle::csv_write_options csv = {};        ///< how tables are written
  aisle::catalogue_options table;           ///< how to read the file: delimiter, encoding, limit of cells
  std::string embeddings;                   ///< folder that keeps them; empty: none
  std::string text_vectors, image_vectors;  ///< files of vectors made elsewhere
  std::string fusion = "balanced";
  std::vector<std::string> extra_columns;  ///< that are features beside the vectors
  common_options common;

  catalogue_job();
  /// --data, the column options and those of add_table_options().
  void add_columns(option_set app);
  /// --label and how its cells become classes.
  void add_label(option_set app);
  /// --group-column.
  void add_groups(option_set app);
  void add_embeddings(option_set app, const std::string& default_text);
  void add_fusion(option_set app);
  /// --extra-columns.
  void add_extra_columns(option_set app);

  /// How the catalogue is read.
  aisle::catalogue_options reading(bool with_label) const;
  /// Reads the catalogue and says what the file was recognised as; one that is missing a column is an
  /// aisle::error.
  aisle::catalogue load(bool with_label) const;
  aisle::fusion_options fusion_options() const;

  /// Whether there will be vectors of a side: a model (not "none") or a file that holds them.
  bool has_texts() const { return common.text_model != "none" || !text_vectors.empty(); }
  bool has_images() const { return common.image_model != "none" || !image_vectors.empty(); }

  /// Tells the files that the job reads, but for the pictures, and those that it keeps embeddings in.
  void tell_files(output_guard& guard) const;

  /// Opens each of the models that the catalogue has something for, once, and reads the vectors made
  /// elsewhere: what is wrong with any of them is known before the first works.
  job_inputs open_inputs(const aisle::catalogue& products) const;
  /// Vectors of the texts and the pictures, where the catalogue has any.
  job_vectors embed(const aisle::catalogue& products, job_inputs inputs, progress_bar& bar) const;
};

/// Where none of the pictures could be read: warns and forgets the table if there are texts to go on with,
/// throws nothing_to_do, with `bad` rows, if not. Returns what was wrong with the pictures of a table that it
/// forgot.
std::vector<aisle::skipped_row> go_on_without_pictures(const aisle::catalogue& products,
                                                       std::optional<aisle::embedding_table>& images,
                                                       const std::vector<aisle::skipped_row>& bad,
                                                       bool has_text);

/// --allow-outside.
void add_allow_outside(option_set app, bool& allow_outside);
/// --csv-safe.
void add_csv_safe(option_set app, aisle::csv_write_options& how);
/// --delimiter, --encoding and --max-cell.
void add_table_options(option_set app, aisle::catalogue_options& options);
/// An option of names of columns: separated by commas, names that hold one in quotes as in CSV; given several
/// times it adds to them.
option add_column_list(option_set app, const std::string& name, std::vector<std::string>& columns,
                       const std::string& help);
/// Says what a file was recognised as, unless it is comma-separated UTF-8.
void tell_format(const std::string& path, const aisle::table_format& format);
/// What --modality may be.
std::vector<std::string> modality_names();
/// --recipe, which is "standard" or "auto", and --time-limit.
void add_recipe(option_set app, std::string& recipe, double& time_limit, const std::string& help);
/// Says what became of the columns of --extra-columns.
void tell_columns(const aisle::column_features& columns);
/// Says how many rows ended before the last column.
void tell_padded(const std::string& path, const aisle::short_rows& rows);
/// Whether cells hold anything but ASCII.
bool is_beyond_ascii(const std::vector<std::string>& cells);
/// Says, once, that rows could not be read because the whole file is of an encoding that is not read; of its
/// other rows `beyond_ascii` hold more than ASCII.
void tell_encoding(const std::string& path, const aisle::catalogue_options& how,
                   const aisle::table_format& format, const std::vector<aisle::skipped_row>& bad,
                   std::int64_t beyond_ascii);
/// All of this, of a catalogue that was read.
void tell_reading(const aisle::catalogue& products);
/// Says in how many cells of a label column there were several category paths; `first` is the first of them.
void tell_several_paths(const std::string& path, const std::string& column, std::int64_t count,
                        const std::string& first);
/// The message of a column that was asked for, with the option that named it.
std::string column_message(const aisle::column_error& e);

/// Says what is wrong with rows: one by one where few have a fault, in one line where many have the same.
/// `list` is where they all are listed, a file or the option that makes one; empty: nowhere.
void tell_skipped(const std::vector<aisle::skipped_row>& rows, const std::string& list);
/// The file of --skipped, or the option itself, for tell_skipped().
inline std::string skipped_list(const std::string& file) { return file.empty() ? "--skipped FILE" : file; }
/// What two rows have alike that have the same fault: a reason without what differs from row to row, such as
/// numbers, quoted texts and paths.
std::string fault_of(const aisle::skipped_row& row);

/// Adds the products that are neither done nor among `skipped` yet, for want of what `who` looks at, and
/// sorts by row.
void add_left_out(std::vector<aisle::skipped_row>& skipped, const aisle::catalogue& products,
                  const aisle::index_vector& done, bool looks_at_text, bool looks_at_image,
                  const std::string& who);

/// The options that were given, as they can be typed again.
std::string command_line(option_set app);

}  // namespace aisle_command
