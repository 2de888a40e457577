#pragma once

#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/learn/scaler.hpp>
#include <aisle/tensor/matrix.hpp>

#include "golden.hpp"
#include "learn.hpp"

// The data sets beside the files of the folder "learn".

namespace golden::learn {

/// SET.safetensors beside a golden file: features (float32 widened), labels and the two sides of its split.
struct data_set {
  aisle::matrix<double> x;
  aisle::label_vector labels;
  aisle::index_vector train, test;

  data_set(const std::string& golden_file, const std::string& name) {
    const auto file =
        aisle::read_safetensors(aisle::join_path(aisle::parent_folder(golden_file), name + ".safetensors"));
    const auto features = file.read("X");
    const auto values = features.data<float>();
    x = aisle::matrix<double>(features.dims()[0], features.dims()[1]);
    std::copy(values.begin(), values.end(), x.data());
    const auto integers = [&](const char* key) {
      const auto t = file.read(key);
      const auto v = t.data<std::int32_t>();
      return std::vector<std::int64_t>(v.begin(), v.end());
    };
    labels = aisle::label_vector(integers("y"));
    train = integers("train");
    test = integers("test");
  }

  /// Rows standardised by the mean and deviation of the train rows.
  aisle::matrix<double> standardised(const aisle::index_vector& rows) const {
    return aisle::standard_scaler<double>::fit(x.rows(train)).transform(x.rows(rows));
  }
};

inline aisle::matrix<float> narrow(const aisle::matrix<double>& x) {
  aisle::matrix<float> out(x.rows(), x.cols());
  std::transform(x.data(), x.data() + x.rows() * x.cols(), out.data(),
                 [](double v) { return static_cast<float>(v); });
  return out;
}

inline std::vector<std::string> split_name(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name)
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// The largest relative difference, where figures are of very different sizes.
class relative {
 public:
  void add(const std::vector<double>& actual, const std::vector<double>& expected) {
    if (actual.size() != expected.size()) worst_ = 1e9;
    for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
      const double d =
          actual[i] == expected[i] ? 0 : std::abs(actual[i] - expected[i]) / std::abs(expected[i]);
      if (!(d <= worst_)) worst_ = std::isfinite(d) ? d : 1e9;
    }
  }
  double worst() const { return worst_; }

 private:
  double worst_ = 0;
};

/// Class weights of a label column of a catalogue under `shared`/data.
void check_catalogue(const std::string& name, const aisle::json& expected, session& s);

}  // namespace golden::learn
