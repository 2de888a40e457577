#pragma once

#include <algorithm>
#include <charconv>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/catalogue/detail/embedding_csv.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A field as csv_writer writes it.
AISLE_API void append_csv_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

AISLE_API void append_csv_fields(std::string& out, std::span<const std::string> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    append_csv_field(out, fields[i]);
  }
}

AISLE_API sha256_digest embedding_csv::leading_hash() const {
  sha256 hash;
  std::string line;
  append_csv_fields(line, header);
  hash.update(line);
  for (const auto& row : leading) {
    line = "\n";
    append_csv_fields(line, row);
    hash.update(line);
  }
  return hash.digest();
}

AISLE_API sha256_digest write_embedding_csv(atomic_file& file, const embedding_csv& table, int threads) {
  sha256 hash;
  const auto put = [&](std::string_view text) {
    hash.update(text);
    file.write(text);
  };
  const std::int64_t cols = table.vectors.cols();
  std::string head;
  append_csv_fields(head, table.header);
  for (std::int64_t c = 0; c < cols; ++c) head += ',' + table.prefix + std::to_string(c + table.first);
  put(head += '\n');

  // Formatting is the work: blocks of rows side by side, a few of them in memory at a time.
  constexpr std::int64_t block = 64;
  const std::int64_t together = std::max(1, thread_budget(threads)) * 4;
  std::vector<std::string> texts(static_cast<std::size_t>(together));
  for (std::int64_t first = 0; first < table.vectors.rows(); first += block * together) {
    const std::int64_t blocks = std::min(together, (table.vectors.rows() - first + block - 1) / block);
    parallel_for(blocks, threads, [&](std::int64_t b) {
      std::string& out = texts[static_cast<std::size_t>(b)];
      out.clear();
      const std::int64_t from = first + b * block, to = std::min(from + block, table.vectors.rows());
      for (std::int64_t r = from; r < to; ++r) {
        append_csv_fields(out, table.leading[static_cast<std::size_t>(r)]);
        const std::size_t start = out.size();
        // Sign, 9 digits, point, exponent of two digits with its sign, comma: 17 at most.
        out.resize(start + static_cast<std::size_t>(cols) * 20 + 1);
        char *at = out.data() + start, *end = out.data() + out.size();
        for (const float v : table.vectors.row(r)) {
          *at++ = ',';
          at = std::to_chars(at, end, v).ptr;
        }
        *at++ = '\n';
        out.resize(static_cast<std::size_t>(at - out.data()));
      }
    });
    for (std::int64_t b = 0; b < blocks; ++b) put(texts[static_cast<std::size_t>(b)]);
  }
  return hash.digest();
}

AISLE_API std::size_t end_of_record(std::string_view text, std::size_t at, std::vector<std::size_t>& commas) {
  commas.clear();
  for (bool field_start = true; at < text.size();) {
    if (field_start && text[at] == '"') {
      for (++at; at < text.size(); ++at)
        if (text[at] == '"' && (at + 1 >= text.size() || text[at + 1] != '"'))
          break;
        else if (text[at] == '"')
          ++at;
      if (at < text.size()) ++at;
      field_start = false;
      continue;
    }
    const char c = text[at++];
    if (c == '\n') return at;
    field_start = c == ',';
    if (field_start) commas.push_back(at - 1);
  }
  return std::string_view::npos;
}

/// A field without its quotes.
AISLE_API std::string plain_field(std::string_view field) {
  if (!field.starts_with('"')) return std::string(field);
  field.remove_prefix(1);
  if (field.ends_with('"')) field.remove_suffix(1);
  std::string plain;
  for (std::size_t i = 0; i < field.size(); ++i) {
    plain += field[i];
    if (field[i] == '"') ++i;  // it was doubled
  }
  return plain;
}

AISLE_API column_choice::column_choice(std::span<const std::string> wanted,
                                       std::span<const std::string> there)
    : has_(wanted.size(), false), place_(there.size(), wanted.size()) {
  for (std::size_t c = 0; c < there.size(); ++c)
    for (std::size_t w = 0; w < wanted.size(); ++w)
      if (!has_[w] && wanted[w] == there[c]) {
        has_[w] = true;
        place_[c] = w;
        break;
      }
}

AISLE_API std::vector<std::string> column_choice::fields(std::string_view text, std::size_t begin,
                                                         std::span<const std::size_t> commas) const {
  std::vector<std::string> out(has_.size());
  for (std::size_t c = 0; c < place_.size(); ++c) {
    if (place_[c] < out.size()) out[place_[c]] = plain_field(text.substr(begin, commas[c] - begin));
    begin = commas[c] + 1;
  }
  return out;
}

AISLE_API embedding_csv_reader::embedding_csv_reader(std::string path, std::int64_t rows,
                                                     std::int64_t dimension, int threads,
                                                     const std::vector<std::string>* columns)
    : path_(std::move(path)), rows_(rows), dimension_(dimension), threads_(threads), columns_(columns) {}

AISLE_API void embedding_csv_reader::feed(std::string_view bytes) {
  rest_ += bytes;
  read_records(false);
  constexpr std::size_t limit = std::size_t{256} << 20;
  if (rest_.size() > limit)
    throw format_error(path_, "row " + std::to_string(done_) + ": longer than " + counted(limit, "byte") +
                                  ": a quote that is never closed?");
}

AISLE_API embedding_rows embedding_csv_reader::finish() {
  read_records(true);
  if (width_ == 0) throw format_error(path_, "an empty file, expected a header");
  if (done_ != rows_)
    throw format_error(path_, counted(done_, "row") + ", expected " + std::to_string(rows_));
  return std::move(out_);
}

/// Of the record that begins what is there, and whose commas are known.
AISLE_API void embedding_csv_reader::read_header(std::size_t end) {
  const auto wanted = static_cast<std::size_t>(dimension_);
  width_ = commas_.size() + 1;
  if (dimension_ < 1 || wanted >= width_)
    throw format_error(path_, counted(width_, "column") + ", expected more than the " +
                                  std::to_string(dimension_) + " of a vector");
  std::vector<std::string> there;
  for (std::size_t c = 0, begin = 0; c < width_ - wanted; begin = commas_[c++] + 1)
    there.push_back(plain_field(std::string_view(rest_).substr(begin, std::min(commas_[c], end) - begin)));
  out_.header = columns_ != nullptr ? *columns_ : there;
  choice_ = column_choice(out_.header, there);
  out_.has = choice_.has();
  out_.vectors = matrix<float>(rows_, dimension_);
}

AISLE_API void embedding_csv_reader::read_records(bool last) {
  const auto wanted = static_cast<std::size_t>(dimension_);
  std::vector<std::pair<std::size_t, std::size_t>> texts;  // of the vectors
  std::size_t at = 0;
  while (at < rest_.size()) {
    std::size_t end = end_of_record(rest_, at, commas_);
    if (end == std::string::npos) {
      if (!last) break;
      end = rest_.size();
    }
    if (width_ == 0) {
      read_header(end);
    } else {
      const std::int64_t row = done_ + static_cast<std::int64_t>(texts.size());
      if (commas_.size() + 1 != width_)
        throw format_error(path_, "row " + std::to_string(row) + ": " + counted(commas_.size() + 1, "field") +
                                      ", expected " + std::to_string(width_));
      if (row == rows_)
        throw format_error(path_, "more rows than the " + std::to_string(rows_) + " expected");
      out_.leading.push_back(choice_.fields(rest_, at, commas_));
      texts.emplace_back(commas_[width_ - wanted - 1] + 1, end);
    }
    at = end;
  }
  read_vectors(texts);
  rest_.erase(0, at);
}

AISLE_API void embedding_csv_reader::read_vectors(
    std::span<const std::pair<std::size_t, std::size_t>> texts) {
  parallel_for(static_cast<std::int64_t>(texts.size()), threads_, [&](std::int64_t i) {
    const auto [from, to] = texts[static_cast<std::size_t>(i)];
    const std::int64_t row = done_ + i;
    const char *p = rest_.data() + from, *end = rest_.data() + to;
    for (float& v : out_.vectors.row(row)) {
      const auto [next, code] = parse_number(p, end, v);
      if (code != std::errc{} || !is_finite(v) ||
          (next != end && *next != ',' && *next != '\n' && *next != '\r'))
        throw format_error(path_, "row " + std::to_string(row) + ": \"" +
                                      std::string(p, std::find(p, end, ',')) + "\", expected a number");
      p = next == end ? next : next + 1;
    }
  });
  done_ += static_cast<std::int64_t>(texts.size());
}

AISLE_API embedding_rows read_embedding_csv(std::string_view text, const std::string& path,
                                            std::int64_t dimension, int threads) {
  std::vector<std::size_t> commas;
  std::int64_t records = 0;
  for (std::size_t at = 0; at < text.size(); ++records)
    at = std::min(end_of_record(text, at, commas), text.size());
  embedding_csv_reader reader(path, std::max<std::int64_t>(records - 1, 0), dimension, threads);
  reader.feed(text);
  return reader.finish();
}

}  // namespace detail
AISLE_NAMESPACE_END
