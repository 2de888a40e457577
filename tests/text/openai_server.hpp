#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/io/base64.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/openai_embeddings.hpp>

#include "support/openai_rows.hpp"
#include "support/support.hpp"

// A server of OpenAI's embeddings interface that is a function, on a clock that is a number.

namespace openai_test {

using aisle::json;
using aisle::openai_answer;

/// What the server makes of a text.
inline std::vector<float> vector_of(std::string_view text) {
  float sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    sum += static_cast<float>(i % 9 + 1) * static_cast<float>(static_cast<unsigned char>(text[i]));
  return {static_cast<float>(text.size()), sum, -0.1f};
}

inline json embedding_of(const std::vector<float>& values, bool base64) {
  if (!base64) return json::array_of(values);
  std::string bytes;
  for (const float v : values)
    for (int k = 0; k < 4; ++k) bytes += static_cast<char>(std::bit_cast<std::uint32_t>(v) >> (8 * k) & 255);
  return aisle::encode_base64(bytes);
}

struct server {
  double now = 0;
  std::size_t running = 0, most_running = 0;
  std::vector<json> requests{};
  std::vector<double> times{};
  std::deque<openai_answer> answers{};
  /// Changes or replaces a good answer.
  std::function<void(const json& request, openai_answer& answer)> fault{};

  static openai_answer good(const json& request, bool base64) {
    json data = json::array();
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i < request["input"].size(); ++i) {
      const auto text = request["input"][i].as<std::string>();
      tokens += static_cast<std::int64_t>(text.size());
      data.push_back(json::object(
          {{"object", "embedding"}, {"index", i}, {"embedding", embedding_of(vector_of(text), base64)}}));
    }
    openai_answer out;
    out.status = 200;
    out.body = json::object({{"data", data}, {"usage", json::object({{"total_tokens", tokens}})}}).dump();
    return out;
  }

  aisle::openai_transport transport() {
    return {[this](aisle::openai_request r) {
              const json request = aisle::parse_json(r.body, "request");
              requests.push_back(request);
              times.push_back(now);
              openai_answer a = good(request, request.get("encoding_format", "float") == "base64");
              if (fault) fault(request, a);
              a.id = r.id;
              answers.push_back(a);
              most_running = std::max(most_running, ++running);
            },
            [this](double seconds) {
              // The last comes first: nobody may rely on their order.
              std::vector<openai_answer> out;
              if (answers.empty()) {
                now += seconds;
              } else {
                now += 0.01;
                out.push_back(answers.back());
                answers.pop_back();
                --running;
              }
              return out;
            },
            [this] { return now; }};
  }
  aisle::openai_vectors encode(const std::vector<std::string>& texts, aisle::openai_options o = {}) {
    if (o.model.empty()) o.model = "m";
    o.server = "here";
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    return aisle::openai_embeddings(o).encode(views, transport());
  }
};

inline void refuse(openai_answer& a, int status, const std::string& message, const std::string& param = "") {
  a.status = status;
  a.body =
      json::object({{"error", json::object({{"message", message}, {"param", param}, {"code", nullptr}})}})
          .dump();
}

inline std::vector<std::string> numbered(std::size_t count, const std::string& begin = "text ") {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(begin + std::to_string(i));
  return out;
}

/// So many words of four letters.
inline std::string words(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "word ";
  return out;
}

inline void check_rows(const aisle::openai_vectors& got, const std::vector<std::string>& texts,
                       const std::vector<std::size_t>& without = {}) {
  support::check_rows(got, texts, without, [](const std::string& text) { return vector_of(text); });
}

inline std::string message_of(const std::function<void()>& f) { return support::message_of<aisle::error>(f); }
inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace openai_test
