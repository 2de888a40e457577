// Writes include/aisle/text/unicode_tables.hpp from tests/data/text/tables.tsv:
//
//   make_unicode_tables tests/data/text/tables.tsv include/aisle/text/unicode_tables.hpp
//
// tables.tsv lists what the reference tokenizer (Rust `tokenizers`, BertNormalizer and BertPreTokenizer) does
// to each code point, as ranges: kind, first, last, becomes. Unlisted code points pass unchanged.

#include <array>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/file.hpp>

namespace {

constexpr std::uint32_t code_points = 0x110000;
constexpr std::uint32_t leaf_size = 16, branch_size = 64;

// The meaning of an entry; include/aisle/text/normalizer.ipp reads the same numbers.
enum entry : std::uint16_t { keep, control, mark, space, punctuation, cjk, hangul, first_mapped };
enum role : std::uint32_t { role_word, role_punctuation, role_cjk };

struct range {
  std::uint32_t first, last;
};

// `gone` in tables.tsv means removed in lower-casing (uncased) mode: by the cleaning step, which cased models
// have too, or as a nonspacing mark, which they keep. The cleaning step removes General_Category C* of
// Unicode 8.0 (DerivedGeneral- Category.txt) and U+FFFD.
constexpr range cleaned[] = {
    {0x0000, 0x0008},   {0x000B, 0x000C},   {0x000E, 0x001F},   {0x007F, 0x009F},    {0x00AD, 0x00AD},
    {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},    {0x180E, 0x180E},
    {0x200B, 0x200F},   {0x202A, 0x202E},   {0x2060, 0x2064},   {0x2066, 0x206F},    {0xE000, 0xF8FF},
    {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0xFFFD, 0xFFFD},   {0x110BD, 0x110BD},  {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F}, {0xF0000, 0x10FFFF},
};

// Planes 15 and 16 (private use) are only sampled in tables.tsv.
constexpr range sampled[] = {{0xFFF00, 0xFFFFD}, {0x100000, 0x1000FF}, {0x10FF00, 0x10FFFD}};
constexpr range private_planes[] = {{0xF0000, 0xFFFFD}, {0x100000, 0x10FFFD}};

bool is_cleaned(std::uint32_t c) {
  for (const range& r : cleaned)
    if (c >= r.first && c <= r.last) return true;
  return false;
}

std::uint32_t parse_hex(std::string_view s) {
  std::uint32_t value = 0;
  const auto [end, code] = std::from_chars(s.data(), s.data() + s.size(), value, 16);
  if (code != std::errc() || end != s.data() + s.size() || value >= code_points)
    throw std::runtime_error("not a code point: " + std::string(s));
  return value;
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::string field;
  std::istringstream in(line);
  while (std::getline(in, field, separator)) fields.push_back(field);
  return fields;
}

struct tables {
  std::vector<std::uint16_t> entries = std::vector<std::uint16_t>(code_points, keep);
  std::vector<std::uint32_t> mapped;
  std::map<std::vector<std::uint32_t>, std::uint16_t> known;

  std::uint16_t mapping(role r, const std::vector<std::uint32_t>& codes) {
    if (codes.size() > 3) throw std::runtime_error("a mapping to more than three code points");
    // A cased model keeps the code point itself, and splits it off only if its own category is P*. That is
    // the category of what it becomes, except for symbols, which only the rule for ASCII counts as
    // punctuation.
    const bool symbol = codes[0] < 0x80 && std::string_view("$+<=>^`|~").find(static_cast<char>(codes[0])) !=
                                               std::string_view::npos;
    const std::uint32_t cased_punctuation = r == role_punctuation && !symbol;
    std::vector<std::uint32_t> packed = codes;
    packed[0] |=
        std::uint32_t{r} << 21 | cased_punctuation << 23 | static_cast<std::uint32_t>(codes.size()) << 24;
    const auto [it, added] = known.emplace(packed, static_cast<std::uint16_t>(first_mapped + mapped.size()));
    if (added) mapped.insert(mapped.end(), packed.begin(), packed.end());
    return it->second;
  }

  void add(const std::string& kind, std::uint32_t first, std::uint32_t last,
           const std::vector<std::uint32_t>& codes) {
    for (std::uint32_t c = first; c <= last; ++c) {
      if (kind == "gone") {
        entries[c] = is_cleaned(c) ? control : mark;
      } else if (kind == "space") {
        entries[c] = space;
      } else if (kind == "hangul") {
        entries[c] = hangul;
      } else if (kind == "punct") {
        entries[c] = codes.empty() ? std::uint16_t{punctuation} : mapping(role_punctuation, codes);
      } else if (kind == "cjk") {
        entries[c] = codes.empty() ? std::uint16_t{cjk} : mapping(role_cjk, codes);
      } else if (kind == "map" && !codes.empty()) {
        entries[c] = mapping(role_word, codes);
      } else {
        throw std::runtime_error("unknown kind: " + kind);
      }
    }
  }
};

tables read_tables(const std::string& path) {
  tables t;
  std::istringstream in(aisle::read_file(path));
  std::string line;
  std::getline(in, line);
  if (line != "kind\tfirst\tlast\tbecomes") throw std::runtime_error(path + ": unexpected heading: " + line);
  while (std::getline(in, line)) {
    const std::vector<std::string> fields = split(line, '\t');
    if (fields.size() < 3) throw std::runtime_error(path + ": expected four columns: " + line);
    const std::uint32_t first = parse_hex(fields[1]), last = parse_hex(fields[2]);
    bool skip = false;
    for (const range& s : sampled) skip = skip || (s.first == first && s.last == last && fields[0] == "gone");
    if (skip) continue;
    std::vector<std::uint32_t> codes;
    if (fields.size() > 3)
      for (const std::string& code : split(fields[3], ' ')) codes.push_back(parse_hex(code));
    t.add(fields[0], first, last, codes);
  }
  for (const range& r : private_planes) t.add("gone", r.first, r.last, {});
  return t;
}

/// Cuts `values` into blocks of `size`, keeps each different block once: the blocks end to end, and each
/// one's number.
template <class T>
std::pair<std::vector<T>, std::vector<std::uint16_t>> fold(const std::vector<T>& values, std::uint32_t size) {
  std::map<std::vector<T>, std::uint16_t> known;
  std::vector<T> blocks;
  std::vector<std::uint16_t> numbers;
  for (auto at = values.begin(); at != values.end(); at += size) {
    const std::vector<T> block(at, at + size);
    const auto [it, added] = known.emplace(block, static_cast<std::uint16_t>(known.size()));
    if (added) blocks.insert(blocks.end(), block.begin(), block.end());
    numbers.push_back(it->second);
  }
  return {blocks, numbers};
}

template <class T>
void print(std::string& out, std::string_view type, std::string_view name, const std::vector<T>& values,
           bool hex) {
  out += "inline constexpr " + std::string(type) + " " + std::string(name) + "[" +
         std::to_string(values.size()) + "] = {\n";
  std::string line;
  for (const T v : values) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, v, hex ? 16 : 10).ptr;
    std::string item = (hex ? "0x" : "") + std::string(digits, end) + ",";
    if (line.size() + item.size() > 110) {
      out += line + "\n";
      line.clear();
    }
    line += item;
  }
  out += line + "\n};\n";
}

std::string header(const tables& t) {
  const auto [leaves, branch_values] = fold(t.entries, leaf_size);
  const auto [branches, roots] = fold(branch_values, branch_size);
  std::string out = R"(#pragma once

// Generated by tools/make_unicode_tables.cpp from tests/data/text/tables.tsv; a test compares the two. Do not
// edit.
//
// A three-stage table: leaves[branches[roots[c >> 10] * 64 + (c >> 4) % 64] * 16 + c % 16] is the entry of
// code point c. 0: unchanged; 1: removed by cleaning (C*, U+FFFD); 2: nonspacing mark; 3: white space;
// 4: punctuation; 5: CJK; 6: Hangul syllable; from 7 on, mapped[entry - 7] starts what the code point becomes
// in lower-casing mode: bits 0-20 code point, 21-22 role (0 in a word, 1 punctuation, 2 CJK), 23 punctuation
// in cased mode too, 24-25 how many code points (the others follow as they are).
// clang-format off

#include <cstdint>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::unicode {

)";
  print(out, "std::uint8_t", "roots", roots, false);
  print(out, "std::uint16_t", "branches", branches, false);
  print(out, "std::uint16_t", "leaves", leaves, false);
  print(out, "std::uint32_t", "mapped", t.mapped, true);
  out += "\n}  // namespace detail::unicode\nAISLE_NAMESPACE_END\n";
  return out;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: make_unicode_tables TABLES.tsv OUT.hpp\n";
    return 2;
  }
  try {
    aisle::write_file(arguments[2], header(read_tables(arguments[1])));
  } catch (const std::exception& e) {
    std::cerr << "make_unicode_tables: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
