#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/products.hpp>

#include "command.hpp"

// What the subcommands that read a products CSV share: its options, embedding it, telling about bad rows.

namespace aisle_command {

struct catalogue_job {
  std::string data;
  std::string id_column = "sku";
  std::vector<std::string> text_columns;
  std::string image_column;
  aisle::catalogue_options table;  ///< how to read the file: its delimiter and encoding are used
  std::string embeddings;          ///< folder that keeps them; empty: none
  std::string fusion = "balanced";
  common_options common;

  catalogue_job();
  /// --data, the column options and --delimiter, --encoding.
  void add_columns(CLI::App& app);
  void add_embeddings(CLI::App& app, const std::string& default_text);
  void add_fusion(CLI::App& app);

  /// Reads the catalogue and says what the file was recognised as; one that is missing a column is an
  /// aisle::error.
  aisle::catalogue load(bool with_label) const;
  aisle::fusion_options fusion_options() const;

  /// Finds out before the first of them works whether the models that the catalogue has something for are
  /// there and can be opened.
  void check_models(const aisle::catalogue& products, const std::string& text_model,
                    const std::string& image_model) const;
  /// Vectors of the texts (pictures), where the catalogue has any and `model` is not "none".
  std::optional<aisle::embedding_table> embed_texts(const aisle::catalogue& products,
                                                    const std::string& model, progress_bar& bar) const;
  std::optional<aisle::embedding_table> embed_images(const aisle::catalogue& products,
                                                     const std::string& model, progress_bar& bar) const;
};

/// --delimiter and --encoding.
void add_table_options(CLI::App& app, aisle::catalogue_options& options);
/// An option of names of columns: separated by commas, names that hold one in quotes as in CSV; given several
/// times it adds to them.
CLI::Option* add_column_list(CLI::App& app, const std::string& option, std::vector<std::string>& columns,
                             const std::string& help);
/// Says what a file was recognised as, unless it is comma-separated UTF-8.
void tell_format(const std::string& path, const aisle::table_format& format);
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
std::string command_line(const CLI::App& app);

}  // namespace aisle_command
