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
  std::string image_column, image_root;
  std::string embeddings;  ///< folder that keeps them; empty: none
  std::string fusion = "balanced";
  common_options common;

  catalogue_job();
  /// --data and the column options.
  void add_columns(CLI::App& app);
  void add_embeddings(CLI::App& app, const std::string& default_text);
  void add_fusion(CLI::App& app);

  /// Reads the catalogue; one that is missing a column is an aisle::error.
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

/// Where none of the pictures could be read: warns and forgets the table if there are texts to go on with,
/// throws nothing_to_do, with `bad` rows, if not. Returns what was wrong with the pictures of a table that it
/// forgot.
std::vector<aisle::skipped_row> go_on_without_pictures(const aisle::catalogue& products,
                                                       std::optional<aisle::embedding_table>& images,
                                                       const std::vector<aisle::skipped_row>& bad,
                                                       bool has_text);

/// Says what is wrong with rows, the first of them one by one.
void tell_skipped(const std::vector<aisle::skipped_row>& rows, const std::string& where);

/// Adds the products that are neither done nor among `skipped` yet, for want of what `who` looks at, and
/// sorts by row.
void add_left_out(std::vector<aisle::skipped_row>& skipped, const aisle::catalogue& products,
                  const aisle::index_vector& done, bool looks_at_text, bool looks_at_image,
                  const std::string& who);

/// The options that were given, as they can be typed again.
std::string command_line(const CLI::App& app);

}  // namespace aisle_command
