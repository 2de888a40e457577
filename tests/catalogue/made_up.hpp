#pragma once

#include <cstdint>
#include <set>
#include <string>

#include <aisle/base/random.hpp>
#include <aisle/catalogue/experiment.hpp>

namespace made_up_catalogue {

/// A catalogue with vectors that were not computed from anything: text tells a from b and c, pictures tell c
/// from a and b; only both together tell all three.
struct made_up {
  aisle::catalogue products;
  aisle::embedding_table text, image;

  static std::string class_of(std::int64_t row) { return row % 2 ? "a" : row % 4 ? "b" : "c"; }

  explicit made_up(std::int64_t rows = 80, const std::set<std::int64_t>& no_text = {},
                   const std::set<std::int64_t>& no_image = {}) {
    products.path = "made-up.csv";
    products.header = {"sku", "kind"};
    products.options.label_column = "kind";
    products.options.text_columns = {"sku"};
    products.data_rows = rows;
    aisle::random_generator random(3);
    const auto fill = [&](aisle::embedding_table& table, const char* special,
                          const std::set<std::int64_t>& without) {
      for (std::int64_t r = 0; r < rows; ++r)
        if (!without.contains(r)) table.rows.push_back(r);
      table.vectors = aisle::matrix<float>(static_cast<std::int64_t>(table.rows.size()), 6);
      for (std::int64_t i = 0; i < table.vectors.rows(); ++i) {
        const bool high = class_of(table.rows[static_cast<std::size_t>(i)]) == special;
        for (float& v : table.vectors.row(i)) v = static_cast<float>((high ? 3 : 0) + random.normal());
      }
      table.model = special;
      table.weights_sha256 = std::string("sha of ") + special;
    };
    fill(text, "a", no_text);
    fill(image, "c", no_image);
    for (std::int64_t r = 0; r < rows; ++r) {
      aisle::product p;
      p.row = r;
      p.id = "id" + std::to_string(r);
      p.text = no_text.contains(r) ? "" : "text";
      p.label = class_of(r);
      p.fields = {p.id, p.label};
      products.products.push_back(p);
    }
  }
  aisle::experiment run(const aisle::experiment_options& options = {}) const {
    return aisle::run_experiment(products, &text, &image, options);
  }
};

inline const aisle::model_result& find(const aisle::experiment& e, const std::string& modality,
                                       const std::string& model) {
  for (const auto& m : e.result.models)
    if (m.modality == modality && m.model == model) return m;
  throw aisle::option_error("no " + modality + " " + model);
}

}  // namespace made_up_catalogue
