#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/io/state_dict.hpp>
#include <aisle/tensor/sparse_matrix.hpp>
#include <aisle/text/detail/vocabulary.hpp>

AISLE_NAMESPACE_BEGIN

struct tfidf_options {
  /// Terms of fewer documents are left out.
  std::int64_t min_df = 1;
  /// Columns of a block at most: the terms of the most documents, of equally many the first in their order.
  /// Bounds the memory of what was fitted. Fitting takes some 50 bytes, and the term itself, for each
  /// different term of the texts, again for each thread that meets it.
  std::int64_t max_features = 200'000;
  /// 0: all available. The result is the same for any number.
  int threads = 0;
};

/// What a column of tfidf counts.
struct tfidf_term {
  enum class block { words, characters };
  block of = block::words;
  std::string text;
  std::int64_t documents = 0;  ///< of those fitted on, how many hold it
};

/// How often the terms of a text stand in it, against how many texts hold them. Two blocks of columns side by
/// side, terms in the order of their code points:
///
///   words       words of two or more letters or digits, and pairs of neighbours ("trail running")
///   characters  two to five neighbouring characters of a word with a space before and behind it
///
/// as scikit-learn's TfidfVectorizer has them with ngram_range=(1, 2), and with analyzer="char_wb",
/// ngram_range=(2, 5); both sublinear_tf=True, on texts after fold_nfkc: a value is (1 + ln count) *
/// (ln((1 + texts) / (1 + texts that hold it)) + 1), and each block of a row has norm 1, or is zero where no
/// term is known. Where terms are more than `max_features`, scikit-learn keeps those with the highest counts
/// instead of the most texts.
///
///     const auto words = aisle::tfidf::fit(texts_to_learn_from);
///     const aisle::sparse_matrix<float> x = words.transform(texts);   // [texts, words.dimension()]
class tfidf {
 public:
  tfidf() = default;

  /// Learns the terms of texts. No texts, or such without terms, give dimension 0. Throws option_error for
  /// options below 1, more than 2^30 - 1 columns a block, and 2^31 texts or more.
  static tfidf fit(std::span<const std::string> texts, const tfidf_options& options = {});

  /// A row for each text. Throws not_fitted_error.
  sparse_matrix<float> transform(std::span<const std::string> texts, int threads = 0) const;

  bool fitted() const noexcept { return !blocks_.empty(); }
  /// Columns; 0 before it is fitted.
  std::int64_t dimension() const noexcept;
  /// Texts that it was fitted on.
  std::int64_t documents() const noexcept { return fitted() ? documents_ : 0; }
  /// What a column counts. Throws shape_error for one that there is not.
  tfidf_term term(std::int64_t column) const;

  /// Adds the tensors "words.terms", "words.lengths", "words.documents" and "words.sizes"; none if it is not
  /// fitted. Throws tensor_error when one of the names is taken.
  void add_to(state_dict& file) const;
  /// What add_to wrote, not fitted for a file without these tensors; `path` is for messages. Throws
  /// format_error for what it could not have written.
  static tfidf read(const state_dict& file, const std::string& path);

 private:
  std::vector<detail::vocabulary> blocks_;  // words and characters; none: not fitted
  std::int64_t documents_ = 0;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/tfidf.ipp>
#endif
