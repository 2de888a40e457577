// golden/text: token ids by the Rust `tokenizers`, for texts (*.jsonl) and for every code point
// (codepoints.tsv).

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/normalizer.hpp>
#include <aisle/text/unicode.hpp>
#include <aisle/text/wordpiece.hpp>

#include "golden.hpp"

namespace {

bool claims(const std::string& folder, const std::string& file) {
  if (folder != "text") return false;
  return file.ends_with("codepoints.tsv") || (file.ends_with(".jsonl") && !file.starts_with("embeddings"));
}

std::string decode_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) throw aisle::format_error("base64", "unexpected character");
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  return out;
}

/// name + " " + description of each data row of the fashion set.
std::vector<std::string> product_texts(const std::string& path) {
  aisle::csv_reader table(path, {.required = {"name", "description"}});
  const std::size_t name = table.column("name"), description = table.column("description");
  std::vector<std::string> texts;
  for (aisle::csv_row row; table.next(row);)
    texts.push_back(row.fields[name] + " " + row.fields[description]);
  return texts;
}

/// The bytes to tokenise, from whichever field a row has. Throws where a row contradicts itself.
std::string text_of(const aisle::json& row, const std::vector<std::string>& products) {
  if (const aisle::json* bytes = row.find("b64")) {
    std::string text = decode_base64(bytes->as<std::string>());
    if (aisle::replace_invalid_utf8(text) != row.get<std::string>("text"))
      row.fail("decodes to another text");
    return text;
  }
  if (const aisle::json* literal = row.find("json")) {
    std::string text = aisle::parse_json(literal->as<std::string>(), literal->where()).as<std::string>();
    if (text != row.get<std::string>("text")) row.fail("the JSON literal is another text");
    return text;
  }
  if (const aisle::json* text = row.find("text")) return text->as<std::string>();
  const auto number = row.get<std::size_t>("row");
  if (number >= products.size()) row.fail("the fashion set has no such row");
  if (aisle::to_hex(aisle::fnv1a64::of(products[number])) != row.get<std::string>("text_fnv"))
    row.fail("the fashion set's text is another one");
  return products[number];
}

void replay_texts(const std::string& path, const aisle::wordpiece& tokenizer, golden::session& s) {
  const std::string name = path.substr(path.find_last_of("/") + 1);
  std::istringstream lines(aisle::read_file(path));
  const std::string catalogue = s.shared() + "/data/fashion/products.csv";
  std::vector<std::string> products;
  std::int64_t mismatches = 0, rows = 0;
  std::string first;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    ++rows;
    const std::string where = name + ":" + std::to_string(number);
    try {
      const aisle::json row = aisle::parse_json(line, where);
      if (products.empty() && row.contains("text_fnv")) {
        if (!aisle::file_exists(catalogue)) return s.skip("text/" + name, catalogue + " is absent");
        products = product_texts(catalogue);
      }
      const std::string text = text_of(row, products);
      const auto expected = row.at("ids").as_vector<std::int32_t>();
      const auto full = row.get<std::int64_t>("full", static_cast<std::int64_t>(expected.size()));
      const aisle::wordpiece::encoding found = tokenizer.encode(text, 256);
      // What an encoder is given must not depend on the bytes having been repaired before.
      const bool same_repaired = tokenizer.encode(aisle::replace_invalid_utf8(text), 256).ids == found.ids;
      if (found.ids == expected && found.full_length == full && same_repaired) continue;
    } catch (const aisle::error& e) {
      if (first.empty()) first = e.what();
    }
    if (first.empty()) first = where;
    ++mismatches;
  }
  s.matches("text/" + name, mismatches, rows, 0, first.empty() ? "" : "first: " + first);
}

void add_ids(aisle::fnv1a64& hash, const std::vector<std::int32_t>& ids) {
  for (const std::int32_t id : ids)
    for (int shift = 0; shift < 32; shift += 8)
      hash.byte(static_cast<std::uint8_t>(static_cast<std::uint32_t>(id) >> shift));
  for (int i = 0; i < 4; ++i) hash.byte(0xFF);
}

void replay_codepoints(const std::string& path, const aisle::wordpiece& tokenizer, golden::session& s) {
  std::istringstream lines(aisle::read_file(path));
  std::string line;
  std::getline(lines, line);
  std::int64_t mismatches[3] = {}, blocks = 0;
  while (std::getline(lines, line)) {
    if (line.empty()) continue;
    std::istringstream fields(line);
    std::string block, expected[3];
    fields >> block >> expected[0] >> expected[1] >> expected[2];
    aisle::fnv1a64 found[3];
    const auto base = static_cast<char32_t>(std::stoul(block, nullptr, 16));
    for (char32_t c = base; c < base + 256; ++c) {
      if (c >= 0xD800 && c <= 0xDFFF) continue;
      std::string alone;
      aisle::append_utf8(alone, c);
      const std::string surrounded = "a" + alone + "a";
      add_ids(found[0], tokenizer.encode(surrounded).ids);
      add_ids(found[1], tokenizer.encode(alone).ids);
      found[2].bytes(aisle::normalize_text(surrounded));
      found[2].byte(0xFF);
    }
    for (int k = 0; k < 3; ++k) mismatches[k] += aisle::to_hex(found[k].value()) != expected[k];
    ++blocks;
  }
  const char* columns[] = {"surrounded", "alone", "normalized"};
  for (int k = 0; k < 3; ++k)
    s.matches(std::string("text/codepoints.tsv ") + columns[k], mismatches[k], blocks);
}

void run(const std::string& path, golden::session& s) {
  const std::string vocabulary = s.shared() + "/weights/all-MiniLM-L6-v2/vocab.txt";
  if (!aisle::file_exists(vocabulary))
    return s.skip("text/" + aisle::file_name(path), vocabulary + " is absent");
  const auto tokenizer = aisle::wordpiece::load(vocabulary);
  if (path.ends_with(".tsv"))
    replay_codepoints(path, tokenizer, s);
  else
    replay_texts(path, tokenizer, s);
}

const golden::registration text{{"text", claims, run}};

}  // namespace
