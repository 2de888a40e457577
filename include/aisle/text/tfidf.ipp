#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/detail/term_counts.hpp>
#include <aisle/text/detail/text_terms.hpp>
#include <aisle/text/tfidf.hpp>
#include <aisle/text/unicode_fold.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Calls use(block, term) for every term of a text.
template <class Use>
void for_terms(const std::string& text, text_terms& terms, const Use& use) {
  const std::string folded = fold_nfkc(text);
  terms.words(folded, [&](std::string_view term) { use(std::size_t{0}, term); });
  terms.characters(folded, [&](std::string_view term) { use(std::size_t{1}, term); });
}

struct counted_term {
  std::string_view term;
  std::int32_t documents;
};

/// The terms to keep, in their order.
AISLE_API vocabulary vocabulary_of(std::vector<counted_term> terms, std::int64_t most,
                                   std::int64_t documents) {
  if (static_cast<std::int64_t>(terms.size()) > most) {
    std::nth_element(terms.begin(), terms.begin() + static_cast<std::ptrdiff_t>(most), terms.end(),
                     [](const counted_term& a, const counted_term& b) {
                       return a.documents != b.documents ? a.documents > b.documents : a.term < b.term;
                     });
    terms.resize(static_cast<std::size_t>(most));
  }
  std::sort(terms.begin(), terms.end(),
            [](const counted_term& a, const counted_term& b) { return a.term < b.term; });
  std::string bytes;
  std::vector<std::int32_t> lengths, counts;
  for (const counted_term& t : terms) {
    bytes += t.term;
    lengths.push_back(static_cast<std::int32_t>(t.term.size()));
    counts.push_back(t.documents);
  }
  return vocabulary(std::move(bytes), lengths, std::move(counts), documents);
}

/// Terms by a few bits of their hash, so that what several threads counted is added by several threads.
using sharded_counts = std::array<term_counts, 16>;

/// Appends a text's columns and values; `found` is scratch.
AISLE_API void append_row(const std::vector<vocabulary>& blocks, const std::string& text, text_terms& terms,
                          std::array<std::vector<std::int32_t>, 2>& found, std::vector<std::int32_t>& columns,
                          std::vector<float>& values) {
  for (auto& f : found) f.clear();
  for_terms(text, terms, [&](std::size_t block, std::string_view term) {
    if (const std::int32_t column = blocks[block].find(term); column >= 0) found[block].push_back(column);
  });
  std::vector<double> weights;
  std::int64_t before = 0;
  for (std::size_t b = 0; b < blocks.size(); before += blocks[b++].size()) {
    std::sort(found[b].begin(), found[b].end());
    weights.clear();
    double squares = 0;
    for (auto at = found[b].begin(); at != found[b].end();) {
      const std::int32_t column = *at;
      const auto next =
          std::find_if(at, found[b].end(), [column](std::int32_t other) { return other != column; });
      const double weight =
          (1 + std::log(static_cast<double>(next - at))) * blocks[b].idf(static_cast<std::size_t>(column));
      columns.push_back(static_cast<std::int32_t>(before) + column);
      weights.push_back(weight);
      squares += weight * weight;
      at = next;
    }
    const double norm = std::sqrt(squares);
    for (const double w : weights) values.push_back(static_cast<float>(w / norm));
  }
}

template <class T>
tensor tensor_of_numbers(const std::vector<T>& values) {
  tensor out(dtype_of<T>, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), out.template data<T>().begin());
  return out;
}

template <class T>
std::vector<T> numbers_in(const state_dict& file, const char* name, const std::string& path) {
  const state_dict::entry* e = file.find(name);
  if (e == nullptr)
    throw format_error(path, std::string("has no tensor ") + name + " beside the others of words");
  if (e->type != dtype_of<T> || e->dims.rank() != 1)
    throw format_error(path, std::string(name) + " is no list of " + std::string(name_of(dtype_of<T>)));
  const tensor t = file.read(name);
  const auto values = t.data<T>();
  return {values.begin(), values.end()};
}

/// `count` terms from the front of lists, which lose them.
AISLE_API vocabulary take_vocabulary(std::string_view& bytes, std::span<const std::int32_t>& lengths,
                                     std::span<const std::int32_t>& counts, std::size_t count,
                                     std::int64_t documents, const std::string& path) {
  const std::vector<std::int32_t> own(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(count)),
      own_counts(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(count));
  std::size_t end = 0;
  std::string_view last;
  for (std::size_t i = 0; i < count; ++i) {
    if (own[i] < 1 || static_cast<std::size_t>(own[i]) > bytes.size() - end)
      throw format_error(path, "words.lengths has " + std::to_string(own[i]) + " of " +
                                   counted(static_cast<std::int64_t>(bytes.size() - end), "byte") +
                                   " that are left of words.terms");
    const std::string_view term = bytes.substr(end, static_cast<std::size_t>(own[i]));
    if (term <= last || find_invalid_utf8(term) != std::string_view::npos)
      throw format_error(path, "words.terms is no rising list of texts in UTF-8");
    if (own_counts[i] < 1 || own_counts[i] > documents)
      throw format_error(path, "words.documents has " + std::to_string(own_counts[i]) + ", expected 1 to " +
                                   std::to_string(documents));
    last = term;
    end += term.size();
  }
  vocabulary out(std::string(bytes.substr(0, end)), own, own_counts, documents);
  bytes.remove_prefix(end);
  lengths = lengths.subspan(count);
  counts = counts.subspan(count);
  return out;
}

}  // namespace detail

AISLE_API tfidf tfidf::fit(std::span<const std::string> texts, const tfidf_options& options) {
  constexpr std::int64_t most = (std::int64_t{1} << 30) - 1;
  if (options.min_df < 1)
    throw option_error("min_df is " + std::to_string(options.min_df) + ", expected at least 1");
  if (options.max_features < 1 || options.max_features > most)
    throw option_error("max_features is " + std::to_string(options.max_features) + ", expected 1 to " +
                       std::to_string(most));
  const auto count = static_cast<std::int64_t>(texts.size());
  if (count > std::numeric_limits<std::int32_t>::max())
    throw option_error(counted(count, "text") + ", expected fewer than 2147483648");

  struct worker_state {
    detail::text_terms terms;
    std::array<detail::sharded_counts, 2> counts;
  };
  std::vector<worker_state> workers(static_cast<std::size_t>(thread_budget(options.threads)));
  parallel_for(count, options.threads, [&](std::int64_t i, int worker) {
    throw_if_interrupted();
    worker_state& w = workers[static_cast<std::size_t>(worker)];
    detail::for_terms(texts[static_cast<std::size_t>(i)], w.terms,
                      [&](std::size_t block, std::string_view term) {
                        if (term.size() > std::numeric_limits<std::int32_t>::max()) return;
                        const std::uint64_t hash = detail::hash_of_term(term);
                        w.counts[block][hash >> 60].add(term, hash, static_cast<std::int32_t>(i));
                      });
  });

  tfidf out;
  out.documents_ = count;
  for (std::size_t block = 0; block < 2; ++block) {
    detail::sharded_counts& all = workers[0].counts[block];
    parallel_for(static_cast<std::int64_t>(all.size()), options.threads, [&](std::int64_t i) {
      const auto shard = static_cast<std::size_t>(i);
      for (std::size_t w = 1; w < workers.size(); ++w) {
        all[shard].add(workers[w].counts[block][shard]);
        workers[w].counts[block][shard] = {};
      }
    });
    std::vector<detail::counted_term> terms;
    for (const detail::term_counts& shard : all)
      for (const auto& e : shard.entries())
        if (e.documents >= options.min_df) terms.push_back({shard.text_of(e), e.documents});
    out.blocks_.push_back(detail::vocabulary_of(std::move(terms), options.max_features, count));
    all = {};
  }
  return out;
}

AISLE_API sparse_matrix<float> tfidf::transform(std::span<const std::string> texts, int threads) const {
  if (!fitted()) throw not_fitted_error("tfidf: no texts were fitted");
  struct worker_state {
    detail::text_terms terms;
    std::array<std::vector<std::int32_t>, 2> found;
  };
  struct row {
    std::vector<std::int32_t> columns;
    std::vector<float> values;
  };
  // Rows of one round are held twice.
  constexpr std::size_t round = 4096;
  std::vector<worker_state> workers(static_cast<std::size_t>(thread_budget(threads)));
  std::vector<row> rows(std::min(round, texts.size()));
  sparse_matrix<float> out(dimension());
  for (std::size_t first = 0; first < texts.size(); first += round) {
    const std::size_t count = std::min(round, texts.size() - first);
    parallel_for(static_cast<std::int64_t>(count), threads, [&](std::int64_t i, int worker) {
      throw_if_interrupted();
      worker_state& w = workers[static_cast<std::size_t>(worker)];
      row& r = rows[static_cast<std::size_t>(i)];
      r.columns.clear();
      r.values.clear();
      detail::append_row(blocks_, texts[first + static_cast<std::size_t>(i)], w.terms, w.found, r.columns,
                         r.values);
    });
    for (std::size_t i = 0; i < count; ++i) out.add_row(rows[i].columns, rows[i].values);
  }
  return out;
}

AISLE_API std::int64_t tfidf::dimension() const noexcept {
  std::int64_t sum = 0;
  for (const detail::vocabulary& b : blocks_) sum += b.size();
  return sum;
}

AISLE_API tfidf_term tfidf::term(std::int64_t column) const {
  if (column < 0 || column >= dimension())
    throw shape_error("tfidf: column " + std::to_string(column) + " of " + std::to_string(dimension()));
  const bool words = column < blocks_[0].size();
  const detail::vocabulary& from = blocks_[words ? 0 : 1];
  const auto i = static_cast<std::size_t>(words ? column : column - blocks_[0].size());
  return {words ? tfidf_term::block::words : tfidf_term::block::characters, std::string(from.term(i)),
          from.count(i)};
}

AISLE_API void tfidf::add_to(state_dict& file) const {
  if (!fitted()) return;
  std::vector<std::uint8_t> bytes;
  std::vector<std::int32_t> lengths, counts;
  for (const detail::vocabulary& b : blocks_) {
    bytes.insert(bytes.end(), b.bytes().begin(), b.bytes().end());
    for (std::size_t i = 0; i < static_cast<std::size_t>(b.size()); ++i) {
      lengths.push_back(static_cast<std::int32_t>(b.term(i).size()));
      counts.push_back(b.count(i));
    }
  }
  file.add("words.terms", detail::tensor_of_numbers(bytes));
  file.add("words.lengths", detail::tensor_of_numbers(lengths));
  file.add("words.documents", detail::tensor_of_numbers(counts));
  file.add("words.sizes",
           detail::tensor_of_numbers<std::int64_t>({documents_, blocks_[0].size(), blocks_[1].size()}));
}

AISLE_API tfidf tfidf::read(const state_dict& file, const std::string& path) {
  const auto there = [&](const char* name) { return file.contains(name); };
  if (!there("words.terms") && !there("words.lengths") && !there("words.documents") && !there("words.sizes"))
    return {};
  const auto bytes = detail::numbers_in<std::uint8_t>(file, "words.terms", path);
  const auto lengths = detail::numbers_in<std::int32_t>(file, "words.lengths", path),
             counts = detail::numbers_in<std::int32_t>(file, "words.documents", path);
  const auto sizes = detail::numbers_in<std::int64_t>(file, "words.sizes", path);
  const auto terms = static_cast<std::int64_t>(lengths.size());
  if (counts.size() != lengths.size())
    throw format_error(path, "words.documents has " +
                                 counted(static_cast<std::int64_t>(counts.size()), "number") +
                                 ", words.lengths " + std::to_string(terms));
  if (sizes.size() != 3 || sizes[0] < 0 || sizes[0] > std::numeric_limits<std::int32_t>::max() ||
      sizes[1] < 0 || sizes[1] > terms || sizes[2] != terms - sizes[1] ||
      terms > std::numeric_limits<std::int32_t>::max())
    throw format_error(path, "words.sizes does not say how many texts, words and groups of characters the " +
                                 counted(terms, "term") + " are of");
  std::string_view left(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::span<const std::int32_t> left_lengths = lengths, left_counts = counts;
  tfidf out;
  out.documents_ = sizes[0];
  for (const std::size_t block : {std::size_t{1}, std::size_t{2}})
    out.blocks_.push_back(detail::take_vocabulary(left, left_lengths, left_counts,
                                                  static_cast<std::size_t>(sizes[block]), sizes[0], path));
  if (!left.empty())
    throw format_error(path, "words.terms has " + counted(static_cast<std::int64_t>(left.size()), "byte") +
                                 " after its last term");
  return out;
}

AISLE_NAMESPACE_END
