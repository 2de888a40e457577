// Writes unicode_fold_tables.hpp and unicode_class_tables.hpp into include/aisle/text from
// tests/data/text/fold.tsv:
//
//   make_fold_tables tests/data/text/fold.tsv include/aisle/text
//
// fold.tsv lists facts of Unicode 14.0: kind, first and last code point, step, and
//   word       nothing more: what Python's re takes for \w (letters, numbers of any kind, the underscore)
//   combining  its canonical combining class, where that is not 0
//   shift      what the first one becomes, the others as many code points further on: by compatibility
//              decomposition (NFKD) and full case folding, one after the other until nothing changes
//   fold       the same, the code points of all, equally many each. Not listed are syllables of Hangul and
//              U+0345, whose case is folded after marks are in order
//   pair       two code points (in the place of first and last) and what they compose to, where that is
//              decomposed no more

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>

namespace {

/// word, combines, folds, combining class
using character_class = std::array<unsigned, 4>;

struct facts {
  std::vector<character_class> characters = std::vector<character_class>(0x110000);
  std::vector<std::string> ranges, pairs;
  std::vector<unsigned> pool;
};

std::vector<unsigned> code_points(const std::string& text) {
  std::vector<unsigned> codes;
  std::istringstream in(text);
  for (unsigned code = 0; in >> std::hex >> code;) codes.push_back(code);
  return codes;
}

std::string listed(std::initializer_list<unsigned> numbers) {
  std::string out;
  for (const unsigned n : numbers) out += (out.empty() ? "{" : ",") + std::to_string(n);
  return out + "}";
}

void add(facts& all, const std::string& kind, unsigned first, unsigned last, unsigned step,
         const std::string& becomes) {
  if (kind == "pair") {
    all.pairs.push_back(listed({first, last, code_points(becomes).at(0)}));
    all.characters.at(last)[1] = 1;
    return;
  }
  if (last < first || step < 1) throw std::runtime_error("a range that is none");
  for (unsigned c = first; c <= last; c += step) {
    character_class& character = all.characters.at(c);
    if (kind == "word") character[0] = 1;
    if (kind == "shift" || kind == "fold") character[2] = 1;
    if (kind == "combining") character[3] = static_cast<unsigned>(std::stoul(becomes));
  }
  if (kind == "shift") {
    all.ranges.push_back(listed({first, last, step, 0, code_points(becomes).at(0)}));
  } else if (kind == "fold") {
    const std::vector<unsigned> codes = code_points(becomes);
    const unsigned count = static_cast<unsigned>(codes.size()) / (last - first + 1);
    if (count == 0 || codes.size() != count * (last - first + 1))
      throw std::runtime_error("not equally many");
    const auto at = std::search(all.pool.begin(), all.pool.end(), codes.begin(), codes.end());
    const auto offset = static_cast<unsigned>(at - all.pool.begin());
    if (at == all.pool.end()) all.pool.insert(all.pool.end(), codes.begin(), codes.end());
    all.ranges.push_back(listed({first, last, step, count, offset}));
  } else if (kind != "word" && kind != "combining") {
    throw std::runtime_error("an unknown kind");
  }
}

facts read(const std::string& path) {
  std::istringstream in(aisle::read_file(path));
  std::string line;
  std::getline(in, line);
  if (line != "kind\tfirst\tlast\tstep\tbecomes")
    throw std::runtime_error(path + ": unexpected heading: " + line);
  facts all;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string kind, becomes;
    unsigned first = 0, last = 0, step = 0;
    fields >> kind >> std::hex >> first >> last >> std::dec >> step;
    std::getline(fields, becomes);
    try {
      add(all, kind, first, last, step, becomes);
    } catch (const std::exception& e) {
      throw std::runtime_error(path + ": " + e.what() + ": " + line);
    }
  }
  return all;
}

std::string array(const std::string& type, const std::string& name, const std::vector<std::string>& items) {
  std::string out = "inline constexpr " + type + " " + name + "[] = {\n", line;
  for (const std::string& item : items) {
    if (line.size() + item.size() > 110) {
      out += line + "\n";
      line.clear();
    }
    line += item + ",";
  }
  return out + line + "\n};\n";
}
std::string array(const std::string& type, const std::string& name, const std::vector<unsigned>& numbers) {
  std::vector<std::string> items;
  for (const unsigned n : numbers) items.push_back(std::to_string(n));
  return array(type, name, items);
}

/// The number of `item`, a new one for a new one.
template <class Item>
unsigned number_of(std::map<Item, unsigned>& known, std::vector<Item>& items, const Item& item) {
  const auto [at, added] = known.emplace(item, static_cast<unsigned>(items.size()));
  if (added) items.push_back(item);
  return at->second;
}

/// `numbers` as the numbers of blocks, and the blocks behind each other.
struct blocks {
  std::vector<unsigned> numbers, items;
};
blocks in_blocks(const std::vector<unsigned>& numbers, std::size_t size) {
  std::map<std::vector<unsigned>, unsigned> known;
  std::vector<std::vector<unsigned>> different;
  blocks out;
  for (auto at = numbers.begin(); at != numbers.end(); at += static_cast<std::ptrdiff_t>(size))
    out.numbers.push_back(
        number_of(known, different, std::vector<unsigned>(at, at + static_cast<std::ptrdiff_t>(size))));
  for (const auto& b : different) out.items.insert(out.items.end(), b.begin(), b.end());
  return out;
}

/// A header that holds them.
std::string framed(const std::string& tables) {
  return R"(#pragma once

// Generated by tools/make_fold_tables.cpp from tests/data/text/fold.tsv; a test compares the two. Do not
// edit.
// clang-format off

#include <cstdint>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::unicode_fold {

)" + tables +
         "\n}  // namespace detail::unicode_fold\nAISLE_NAMESPACE_END\n";
}

std::string class_tables(const facts& all) {
  std::map<character_class, unsigned> known;
  std::vector<character_class> classes;
  std::vector<unsigned> of_characters;
  for (const character_class& c : all.characters) of_characters.push_back(number_of(known, classes, c));
  const blocks leaves = in_blocks(of_characters, 16), branches = in_blocks(leaves.numbers, 64);
  if (classes.size() > 256 || branches.items.size() > 256 * 64)
    throw std::runtime_error("too many kinds of characters for a byte");
  std::vector<std::string> class_items;
  for (const auto& c : classes) class_items.push_back(listed({c[0], c[1], c[2], c[3]}));
  return framed(
      R"(struct character_class {
  std::uint8_t word;       ///< \w
  std::uint8_t combines;   ///< composes with a code point before it
  std::uint8_t folds;      ///< is in `ranges`
  std::uint8_t combining;  ///< its canonical combining class
};
struct composition {
  std::uint32_t first, second, composed;
};

// Code point c is of classes[leaves[branches[roots[c >> 10] * 64 + (c >> 4) % 64] * 16 + c % 16]].
)" + array("character_class", "classes", class_items) +
      array("std::uint8_t", "roots", branches.numbers) + array("std::uint16_t", "branches", branches.items) +
      array("std::uint8_t", "leaves", leaves.items) + array("composition", "compositions", all.pairs));
}

std::string fold_tables(const facts& all) {
  return framed(
      R"(/// Every `step`-th code point c from `first` to `last` becomes, where `count` is 0, as many code points on
/// from `value`, otherwise the `count` code points at pool[value + (c - first) * count].
struct fold_range {
  std::uint32_t first, last;
  std::uint8_t step, count;
  std::uint32_t value;
};

)" + array("fold_range", "ranges", all.ranges) +
      array("std::uint32_t", "pool", all.pool));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: make_fold_tables FOLD.tsv FOLDER\n";
    return 2;
  }
  try {
    const facts all = read(arguments[1]);
    const std::string folder = arguments[2];
    aisle::write_file(folder + "/unicode_class_tables.hpp", class_tables(all));
    aisle::write_file(folder + "/unicode_fold_tables.hpp", fold_tables(all));
  } catch (const std::exception& e) {
    std::cerr << "make_fold_tables: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
