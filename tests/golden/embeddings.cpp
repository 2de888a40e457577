// Sentence embeddings: text in, unit vector out, through the whole encoder.

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/text/text_encoder.hpp>

#include "golden.hpp"

namespace {

bool claims(const std::string& folder, const std::string& file) {
  return folder == "text" && file.starts_with("embeddings") && file.ends_with(".jsonl");
}

void run(const std::string& path, golden::session& s) {
  const std::string weights = s.shared() + "/weights/all-MiniLM-L6-v2";
  if (!aisle::folder_exists(weights)) return s.skip("embeddings", weights + " is absent");
  std::vector<std::string> texts;
  std::vector<std::vector<std::int32_t>> ids;
  std::istringstream lines(aisle::read_file(path));
  for (std::string line; std::getline(lines, line);) {
    const aisle::json row = aisle::parse_json(line, path);
    texts.push_back(row.get<std::string>("text"));
    ids.push_back(row["ids"].as_vector<std::int32_t>());
  }
  const aisle::state_dict stored = aisle::read_safetensors(path.substr(0, path.size() - 5) + "safetensors");
  const aisle::tensor expected = stored.read_f32("embeddings");
  const auto encoder = aisle::text_encoder::load(weights);
  const aisle::matrix<float> got = encoder.encode(texts), from_ids = encoder.encode_ids(ids);
  std::int64_t different = 0;
  double worst = 0, cosine = 1;
  for (std::int64_t r = 0; r < got.rows(); ++r) {
    double dot = 0, gg = 0, ee = 0;
    bool same = true;
    for (std::int64_t c = 0; c < got.cols(); ++c) {
      const double g = got(r, c), e = expected.data<float>()[static_cast<std::size_t>(r * got.cols() + c)];
      if (!(std::abs(g - e) <= worst)) worst = std::abs(g - e);
      dot += g * e;
      gg += g * g;
      ee += e * e;
      same = same && got(r, c) == from_ids(r, c);
    }
    different += !same;
    cosine = std::min(cosine, dot / std::sqrt(gg * ee));
  }
  // The reference's own batches differ by 2.4e-7; its README asks for 2e-5 a component and a cosine of
  // 0.99999.
  s.embedding("embeddings " + std::to_string(got.rows()) + " texts", worst, 2e-5, 1 - cosine, 1e-5,
              std::string("isa=") + encoder.network().table().name);
  s.matches("embeddings from text and from ids", different, got.rows());
}

const golden::registration embeddings{{"embeddings", claims, run}};

}  // namespace
