#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/folder_lock.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/detail/embedding_checkpoint.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/catalogue/embedder.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/io/json.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

struct embedding_options;
struct embedding_table;

namespace detail {

/// Adds up the seconds of named phases.
class phase_clock {
 public:
  explicit phase_clock(std::vector<std::pair<std::string, double>>& phases) : phases_(phases) {}
  /// Ends the phase that runs since construction or the last call.
  void lap(std::string name) {
    const auto now = std::chrono::steady_clock::now();
    phases_.emplace_back(std::move(name), std::chrono::duration<double>(now - start_).count());
    start_ = now;
  }

 private:
  std::vector<std::pair<std::string, double>>& phases_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// How rows stand in the CSV.
struct embedding_layout {
  std::vector<std::string> header;  ///< of the leading columns
  std::vector<std::size_t> names;   ///< which of them may name a row, the best first
  std::string prefix;               ///< of the components' columns
  int first = 0;                    ///< number of the first component
  std::function<std::vector<std::string>(const product&)> leading;
};

/// What texts and pictures have in common: rows whose content is known from before are taken over, the others
/// are embedded, and the files are brought up to date.
class embedding_job {
 public:
  /// One row that may get a vector.
  struct item {
    const product* source;
    sha256_digest content;  ///< hash of exactly what the encoder is given
  };
  /// New vectors of the items `fresh`; told of are those that cannot be done.
  using embed_function = std::function<embedded(std::span<const std::size_t> fresh, const embedder& model,
                                                const embed_options& how)>;

  /// `key`: what of the contents, beside the embedder, decides the vectors. The embedder is released once the
  /// vectors are made.
  embedding_job(const embedding_options& options, std::shared_ptr<const embedder> model, const json& key,
                std::string csv_path, embedding_layout layout, embedding_table& out);

  std::int64_t known(const char* name) const { return key_.get<std::int64_t>(name, 0); }
  /// Ends a phase of the caller's own.
  void lap(std::string name) { clock_.lap(std::move(name)); }

  void run(std::vector<item> items, const embed_function& embed);
  /// While run() goes on.
  item& at(std::size_t i) { return items_[i]; }
  /// Brings the files up to date. Rows of earlier calls that this one was not asked for stay, behind its own,
  /// with their fields of its columns: the files serve parts of a catalogue, and several catalogues. A row is
  /// known again by its content and its name: of a product that was edited, and of two catalogues' products
  /// of one name, all rows stay, this call's first.
  void write();

 private:
  struct source {
    const stored_table* table;
    std::size_t row;
  };
  struct merged_rows {
    embedding_csv table;
    std::vector<sha256_digest> hashes;
    std::vector<std::int64_t> tokens;
    std::vector<source> others;  // behind this call's
  };

  bool keeps_files() const;
  std::optional<folder_lock> lock_folder() const;
  std::string state_of_files() const;
  void read_kept();
  void read_table();
  /// The rows whose content is not known; the others get their vectors.
  std::vector<std::size_t> take_over();
  void load_model();
  void embed_in_steps(std::span<const std::size_t> fresh, const embed_function& embed);
  std::vector<std::size_t> take_in(std::span<const std::size_t> rows, const embedded& made);
  void keep_rows(std::span<const std::size_t> rows, std::span<const std::size_t> failed);
  void keep_at_once(std::size_t i, std::span<const float> vector);
  void flush_checkpoint() { to_checkpoint(true); }
  void to_checkpoint(bool onto_disk);
  void remove_failed(std::vector<std::size_t> failed);
  merged_rows merge() const;
  void add_rows(merged_rows& to, const stored_table& from, bool each_once) const;

  const embedding_options& options_;
  std::string csv_path_;
  embedding_layout layout_;
  embedding_table& out_;
  phase_clock clock_;
  std::shared_ptr<const embedder> model_;
  std::string kind_;
  json key_;
  std::vector<item> items_;
  std::optional<stored_table> stored_;
  std::vector<checkpoint> checkpoints_;  // of killed jobs
  std::optional<checkpoint_writer> checkpoint_;
  std::chrono::steady_clock::time_point flushed_;
  std::vector<bool> kept_;        // of `items_`: in the checkpoint since its vector came
  std::string state_;             // of the files when `stored_` was read
  bool replaces_others_ = false;  // the CSV there is holds something else
};

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/embedding_job.ipp>
#endif
