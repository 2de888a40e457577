#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/number.hpp>
#include <aisle/io/base64.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/tensor/finite.hpp>
#include <aisle/text/detail/openai_protocol.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::openai {

AISLE_API std::string request_body(std::string_view model, std::int64_t dimensions,
                                   std::span<const std::string_view> texts, vector_format format) {
  std::string out = "{\"model\":" + json(model).dump() + ",\"input\":[";
  for (std::size_t i = 0; i < texts.size(); ++i) out += (i > 0 ? "," : "") + json(texts[i]).dump();
  out += "]";
  if (format != vector_format::unsaid)
    out += std::string(",\"encoding_format\":\"") + (format == vector_format::base64 ? "base64" : "float") +
           "\"";
  if (dimensions > 0) out += ",\"dimensions\":" + std::to_string(dimensions);
  return out + "}";
}

/// Servers in Python write NaN and Infinity, which are no JSON: null in their place.
AISLE_API std::string without_nan(std::string_view body) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (quoted && c == '\\' && i + 1 < body.size()) {
      out += c;
      out += body[++i];
      continue;
    }
    if (c == '"') quoted = !quoted;
    std::size_t length = 0;
    if (!quoted)
      for (const std::string_view word : {"-Infinity", "Infinity", "-NaN", "NaN"})
        if (body.substr(i).starts_with(word)) length = std::max(length, word.size());
    if (length == 0) {
      out += c;
      continue;
    }
    out += "null";
    i += length - 1;
  }
  return out;
}

AISLE_API std::vector<float> vector_of(const json& embedding, vector_format& format) {
  std::vector<float> out;
  if (embedding.is_string()) {
    const auto bytes = decode_base64(embedding.as<std::string_view>());
    if (!bytes || bytes->empty() || bytes->size() % 4 != 0) {
      try {
        embedding.fail("expected numbers of single precision in base64");
      } catch (const format_error& e) {
        throw base64_error(e);
      }
    }
    out.resize(bytes->size() / 4);
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::uint32_t bits = 0;  // little-endian, whatever this machine is
      for (std::size_t k = 0; k < 4; ++k)
        bits |= std::uint32_t{static_cast<unsigned char>((*bytes)[4 * i + k])} << (8 * k);
      out[i] = std::bit_cast<float>(bits);
    }
  } else {
    format = vector_format::floats;
    out.reserve(embedding.elements().size());
    for (const json& v : embedding.elements())
      out.push_back(v.is_null() ? std::bit_cast<float>(0x7FC00000u) : v.as<float>());
    if (out.empty()) embedding.fail("an empty vector");
  }
  return out;
}

AISLE_API read_vectors read_answer(std::string_view body, std::size_t count, const std::string& where) {
  // Vectors as numbers: 2,048 of 3,072 values are six million.
  constexpr json_options limits{.max_values = 8'000'000};
  json answer;
  try {
    answer = parse_json(body, where, limits);
  } catch (const format_error&) {
    const std::string clean = without_nan(body);
    if (clean.size() == body.size()) throw;
    answer = parse_json(clean, where, limits);
  }
  const std::span<const json> data = answer.at("data").elements();
  if (data.size() != count)
    throw format_error(
        where, "an answer of " + counted(data.size(), "vector") + ", expected " + std::to_string(count));
  read_vectors out;
  out.rows.resize(count);
  std::vector<bool> there(count);
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = data[i].get<std::uint64_t>("index", i);
    if (at >= count || there[static_cast<std::size_t>(at)])
      data[i].fail("index " + std::to_string(at) +
                   (at >= count ? ", expected less than " + std::to_string(count) : " a second time"));
    there[static_cast<std::size_t>(at)] = true;
    std::vector<float> row = vector_of(data[i].at("embedding"), out.format);
    if (length == 0) length = row.size();
    if (row.size() != length)
      data[i].fail("a vector of " + counted(row.size(), "number") + ", expected " + std::to_string(length) +
                   " as in the one before");
    if (!all_finite(std::span<const float>(row))) row.clear();
    out.rows[static_cast<std::size_t>(at)] = std::move(row);
  }
  if (const json* usage = answer.find("usage"); usage != nullptr && usage->is_object())
    out.tokens = std::max<std::int64_t>(
        0, usage->get<std::int64_t>("total_tokens", usage->get<std::int64_t>("prompt_tokens", 0)));
  return out;
}

AISLE_API bool fault::speaks_of(std::string_view word) const {
  return ascii::holds_without_case(message, word) || ascii::holds_without_case(code, word) ||
         ascii::holds_without_case(param, word);
}

AISLE_API fault read_fault(std::string_view body) {
  fault out;
  constexpr json_options limits{.max_values = 10'000};
  if (body.size() < (1u << 20) && is_json(body, limits)) {
    const json answer = parse_json(body, "answer", limits);
    const auto text = [](const json& in, std::string_view key) -> std::string {
      const json* v = in.find(key);
      return v == nullptr || v->is_null() ? std::string() : v->is_string() ? v->as<std::string>() : v->dump();
    };
    const json* error = answer.find("error");
    const json& in = error != nullptr && error->is_object() ? *error : answer;
    out.code = text(in, "code");
    out.param = text(in, "param");
    // OpenAI's; others'; FastAPI's.
    for (const char* key : {"message", "error", "detail"})
      if (out.message.empty()) out.message = text(in, key);
  } else {
    const auto first = body.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos)
      out.message = body[first] == '<' ? "an HTML page" : std::string(body.substr(first, 300));
  }
  std::string line = replace_invalid_utf8(out.message.empty() ? "without a word" : out.message);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  out.message = with_ellipsis(line, 300);
  return out;
}

AISLE_API bool tells_fault(std::string_view body) {
  constexpr json_options limits{.max_values = 10'000};
  if (body.size() >= (1u << 20) || !is_json(body, limits)) return false;
  const json answer = parse_json(body, "answer", limits);
  const json* error = answer.is_object() ? answer.find("error") : nullptr;
  return error != nullptr && (error->is_object() || error->is_string());
}

AISLE_API bool is_too_long(int status, const fault& f) {
  if (status == 413) return true;
  for (const char* words : {"context_length", "context length", "too long", "too large", "too many tokens",
                            "input length", "sequence length", "token limit", "longer than",
                            "maximum number of tokens", "max_tokens", "maximum input"})
    if (f.speaks_of(words)) return true;
  return false;
}

AISLE_API told_tokens read_tokens(const fault& f) {
  told_tokens out;
  const std::string& text = f.message;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!ascii::is_digit(text[i])) continue;
    // "gpt-4" and "0.5" are no counts.
    const bool is_part = i > 0 && (text[i - 1] == '.' || text[i - 1] == '-' || ascii::is_letter(text[i - 1]));
    std::int64_t value = 0;
    for (; i < text.size(); ++i) {
      if (ascii::is_digit(text[i])) {
        constexpr std::int64_t largest = std::int64_t{1} << 40;
        value = std::min(largest, value * 10 + (text[i] - '0'));
      } else if (!(text[i] == ',' && i + 1 < text.size() && ascii::is_digit(text[i + 1]))) {
        break;
      }
    }
    if (is_part || value == 0) continue;
    if (out.most == 0) {
      // Not the first number that there is: a status may come before it.
      if (ascii::starts_without_case(std::string_view(text).substr(i), " token")) out.most = value;
    } else if (value > out.most) {
      out.asked = value;
      break;
    }
  }
  return out;
}

AISLE_API double retry_delay(std::string_view after_ms, std::string_view after, int tries, double chance) {
  constexpr double longest = 60;
  const auto header = [](std::string_view text, double scale) {
    double value = -1;
    const char* end = text.data() + text.size();
    const auto [stop, error] = parse_number(text.data(), end, value);
    return error == std::errc() && stop == end && is_finite(value) ? value * scale : -1.0;
  };
  for (const double said : {header(after_ms, 0.001), header(after, 1)})
    if (said > 0) return std::min(said, longest);
  return std::min(8.0, 0.5 * static_cast<double>(1 << std::clamp(tries - 1, 0, 10))) * (1 - 0.25 * chance);
}

AISLE_API std::int64_t approximate_tokens(std::string_view text) {
  enum class kind : std::uint8_t { letter, digit, space, line_end, mark, two_bytes, more_bytes };
  const auto kind_of = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return byte >= 0xC0 && byte < 0xE0 ? kind::two_bytes : kind::more_bytes;
    return ascii::is_letter(c)                   ? kind::letter
           : ascii::is_digit(c)                  ? kind::digit
           : c == ' '                            ? kind::space
           : c == '\n' || c == '\r' || c == '\t' ? kind::line_end
                                                 : kind::mark;
  };
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    const kind k = kind_of(text[i]);
    // Bytes behind a character's first belong to it.
    while (i < text.size() &&
           (kind_of(text[i]) == k ||
            (k == kind::two_bytes && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80)))
      ++i;
    const auto length = static_cast<std::int64_t>(i - begin);
    switch (k) {
      case kind::letter:
        tokens += 1 + (length - 1) / 6;
        break;           // most words are one
      case kind::digit:  // three are one; a space before them is one more, elsewhere it belongs to what
                         // follows
        tokens += (length + 2) / 3 + (begin > 0 && text[begin - 1] == ' ');
        break;
      case kind::space:
        tokens += length / 32;  // one belongs to the word behind it, and long runs are few
        break;
      case kind::line_end:
        tokens += 1 + length / 32;
        break;
      case kind::mark:
        tokens += (length + 2) / 3;
        break;
      case kind::two_bytes:
        tokens += (length + 2) / 3;
        break;
      case kind::more_bytes:
        tokens += (length + 1) / 2;
        break;
    }
  }
  return tokens;
}

AISLE_API std::int64_t careful_tokens(std::string_view text) {
  const std::int64_t about = approximate_tokens(text);
  return std::min(static_cast<std::int64_t>(text.size()), about + (about + 1) / 2);
}

AISLE_API std::int64_t clearly_more_than(std::int64_t tokens) { return tokens + tokens / 2 + 1; }

AISLE_API std::string_view cut_to_tokens(std::string_view text, std::int64_t tokens) {
  if (approximate_tokens(text) <= tokens) return text;
  std::size_t fits = 0, too_many = text.size();
  while (fits + 1 < too_many) {
    const std::size_t middle = fits + (too_many - fits) / 2;
    (approximate_tokens(utf8_prefix(text, middle)) <= tokens ? fits : too_many) = middle;
  }
  const std::string_view out = utf8_prefix(text, fits);
  if (!out.empty()) return out;
  std::size_t character = 1;
  while (character < text.size() && (static_cast<unsigned char>(text[character]) & 0xC0) == 0x80) ++character;
  return text.substr(0, character);
}

}  // namespace detail::openai
AISLE_NAMESPACE_END
