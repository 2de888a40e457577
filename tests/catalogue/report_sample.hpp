#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/learn/metrics.hpp>

// An experiment that nobody ran: classes of uneven size, classifiers that are right more or less often.

namespace report_sample {

struct options {
  std::vector<std::string> classes = {
      "Running shoes", "Headphones", "Mugs",         "T-shirts",   "Lamps",         "Backpacks",    "Chairs",
      "Notebooks",     "Sunglasses", "Wristwatches", "Plant pots", "Water bottles", "Desk & office"};
  std::vector<std::string> modalities = {"text", "image", "multimodal"};
  std::vector<std::string> models = {"random_forest", "logistic_regression", "mlp"};
  std::int64_t rows = 300;
  std::string pictures = {};  ///< folder that three of four products have a picture in; empty: none has
  std::uint64_t seed = 1;
};

/// A coloured disc on white.
inline aisle::image draw(std::int32_t label, aisle::random_generator& random) {
  aisle::image out(150, 110 + static_cast<int>(random.below(80)));
  const auto shade = [&](int k) { return static_cast<std::uint8_t>(60 + (label * 47 + k * 71) % 160); };
  for (int y = 0; y < out.height(); ++y)
    for (int x = 0; x < out.width(); ++x)
      for (int k = 0; k < 3; ++k) {
        const double dx = (x - out.width() / 2.0) / 55, dy = (y - out.height() / 2.0) / 45;
        out.row(y)[static_cast<std::size_t>(3 * x + k)] =
            dx * dx + dy * dy < 1 ? shade(k) : std::uint8_t{255};
      }
  return out;
}

inline void predict(aisle::model_result& m, double skill, std::int64_t classes,
                    aisle::random_generator& random) {
  m.probabilities = aisle::matrix<float>(static_cast<std::int64_t>(m.truth.size()), classes);
  for (std::int64_t r = 0; r < m.probabilities.rows(); ++r) {
    const auto row = m.probabilities.row(r);
    const auto truth = static_cast<std::size_t>(m.truth[static_cast<std::size_t>(r)]);
    double sum = 0;
    for (std::size_t c = 0; c < row.size(); ++c) {
      // Neighbours are alike.
      const double gain = c == truth ? skill : c == (truth ^ 1) ? skill * 0.45 : 0;
      const double p = std::exp(1.3 * (gain + random.normal()));
      row[c] = static_cast<float>(p);
      sum += p;
    }
    for (float& p : row) p = static_cast<float>(static_cast<double>(p) / sum);
    m.predicted.push_back(static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
}

inline std::vector<aisle::epoch_record> learn(aisle::random_generator& random) {
  std::vector<aisle::epoch_record> out;
  for (int e = 0; e < 38; ++e) {
    const double fall = std::exp(-e / 7.0), noise = 0.02 * random.normal();
    out.push_back({2.4 * fall + 0.05 + noise / 2, 2.1 * fall + 0.32 + 0.006 * e + noise,
                   0.93 - 0.7 * fall + noise / 3});
  }
  return out;
}

inline aisle::experiment_result make(const options& o = {}) {
  aisle::random_generator random(o.seed);
  const auto classes = static_cast<std::int64_t>(o.classes.size());
  aisle::experiment_result out;
  out.catalogue = "catalogues/spring & summer.csv";
  out.label = "class_id";
  out.text_model = "all-MiniLM-L6-v2";
  out.image_model = "convnextv2-tiny";
  out.fusion = "concatenation";
  out.kernel = "avx512";
  out.command = "aisle run --data 'catalogues/spring & summer.csv' --out results";
  out.created = "2026-01-02T03:04:05Z";
  out.classes = o.classes;
  out.class_counts.assign(o.classes.size(), 0);
  out.peak_mb = 1234.5;
  out.rows = o.rows;
  std::vector<std::int32_t> labels;
  for (std::int64_t r = 0; r < o.rows; ++r) {
    const auto label =
        r < 2 * classes
            ? static_cast<std::int32_t>(r % classes)
            : static_cast<std::int32_t>(random.uniform() * random.uniform() * static_cast<double>(classes));
    labels.push_back(label);
    ++out.class_counts[static_cast<std::size_t>(label)];
    aisle::product_card card;
    card.id = std::to_string(100000 + r);
    card.name = "Product " + std::to_string(r) + " of " + o.classes[static_cast<std::size_t>(label)];
    card.text = card.name + ", made of what lasts, for those who use it every day.";
    if (!o.pictures.empty() && r % 4 != 3) {
      card.image_path = o.pictures + "/" + card.id + ".jpg";
      aisle::write_image(card.image_path, draw(label, random));
      ++out.rows_with_image;
    }
    out.products.push_back(card);
    out.text_tokens.push_back(6 + static_cast<std::int64_t>(-60 * std::log(1 - random.uniform())));
    out.truncated_texts += out.text_tokens.back() > 256;
  }
  out.rows_with_text = o.rows;
  for (std::size_t i = 0; i < o.modalities.size(); ++i)
    for (std::size_t k = 0; k < o.models.size(); ++k) {
      aisle::model_result m;
      m.modality = o.modalities[i];
      m.model = o.models[k];
      m.chosen = k == std::min<std::size_t>(1, o.models.size() - 1);
      for (std::int64_t r = 0; r < o.rows; r += 3) {
        m.test_rows.push_back(r);
        m.truth.push_back(labels[static_cast<std::size_t>(r)]);
      }
      predict(m, 3.0 + 0.7 * static_cast<double>(i) + (m.chosen ? 0.4 : 0.0), classes, random);
      const aisle::label_vector truth(m.truth), predicted(m.predicted);
      const double accuracy = 100 * aisle::accuracy(truth, predicted),
                   f1 = 100 * aisle::macro_f1(truth, predicted);
      for (std::uint64_t s = 0; s < 5; ++s)
        m.splits.push_back(
            {42 + s, accuracy + (s ? random.normal() : 0), f1 + (s ? 1.5 * random.normal() : 0)});
      m.cross_validation_macro_f1 = f1 - 1;
      m.fit_seconds = 0.4 + 2 * random.uniform();
      if (m.model == "mlp") {
        m.history = learn(random);
        m.best_epoch = 26;
      }
      out.models.push_back(std::move(m));
    }
  for (std::int64_t i = 0; i < 24; ++i)
    out.skipped.push_back(
        {"spring & summer.csv", 7 * i, std::to_string(200000 + i), i % 3 ? "image_path" : "class_id",
         i % 3 ? "images/" + std::to_string(200000 + i) + ".jpg: no such file" : "empty label"});
  out.phases = {{"read", 0.04},
                {"embed text", 6.31},
                {"embed images", 41.87},
                {"train and evaluate", 12.5},
                {"report", 0.8}};
  return out;
}

}  // namespace report_sample
