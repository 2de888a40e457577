#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/version.hpp>
#include <aisle/catalogue/detail/embedding_job.hpp>
#include <aisle/catalogue/embeddings.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

struct digest_hash {
  std::size_t operator()(const sha256_digest& digest) const noexcept {
    std::size_t out = 0;
    for (std::size_t i = 0; i < sizeof out; ++i) out = out << 8 | digest[i];
    return out;
  }
};

AISLE_API embedding_job::embedding_job(const embedding_options& options,
                                       std::shared_ptr<const embedder> model, const json& key,
                                       std::string csv_path, embedding_layout layout, embedding_table& out)
    : options_(options),
      csv_path_(std::move(csv_path)),
      layout_(std::move(layout)),
      out_(out),
      clock_(out.phases),
      model_(std::move(model)),
      kind_(model_->kind() == vector_kind::text ? "text" : "image") {
  key_ = json::object({{"format", std::string(embeddings_format)}, {"aisle", AISLE_VERSION_STRING}});
  for (const json* members : {&model_->identity(), &key})
    for (const auto& [name, value] : members->members()) key_[name] = value;
  out_.kernel = key_.get("kernel", "");
  out_.weights_sha256 = key_.get("weights", "");
}

AISLE_API bool embedding_job::keeps_files() const { return !options_.folder.empty(); }

/// None where the caller holds it.
AISLE_API std::optional<folder_lock> embedding_job::lock_folder() const {
  if (options_.folder_is_locked) return std::nullopt;
  int asked = 0;
  return folder_lock(options_.folder, [&](const std::string& holder) {
    // It is held for moments, as a rule.
    if (++asked == 10 && options_.on_warning)
      options_.on_warning(options_.folder + ": waiting for " + (holder.empty() ? "another process" : holder) +
                          ", which works in it");
    if (options_.progress) options_.progress({.phase = "wait for embeddings"});
  });
}

/// Another where others have written since.
AISLE_API std::string embedding_job::state_of_files() const {
  const std::string path = manifest_path(csv_path_);
  return (file_exists(csv_path_) ? "csv " : "none ") +
         (file_exists(path) ? to_hex(sha256::of(read_file(path))) : std::string());
}

/// Of the table, or of the one that was put aside for it.
AISLE_API void embedding_job::read_table() {
  state_ = state_of_files();
  std::string why;
  stored_ = read_stored(csv_path_, key_, layout_.header, options_.threads, why);
  replaces_others_ = !stored_ && file_exists(csv_path_);
  if (replaces_others_) {
    // The one before may be of this kind, where kernels (say) are changed to and fro.
    const std::string aside = aside_path(csv_path_);
    std::string why_not_aside;
    stored_ = read_stored(aside, key_, layout_.header, options_.threads, why_not_aside);
    if (options_.on_warning)
      options_.on_warning((why.empty() ? csv_path_ + ": no manifest says what made it" : why) +
                          (stored_ ? "; taking over " + aside + ", which it replaces"
                                   : "; embedding again, the file is kept as " + aside));
  }
}

AISLE_API void embedding_job::read_kept() {
  if (!keeps_files() || !folder_exists(options_.folder)) return;
  bool locked = true;
  std::optional<folder_lock> lock;
  try {
    lock = lock_folder();
  } catch (const file_error&) {
    // Nothing may be written here, or the file system has no locks: what there is can be read all the same.
    locked = false;
  }
  if (locked) finish_write(csv_path_);
  read_table();
  if (locked) checkpoints_ = read_checkpoints(csv_path_, key_, layout_.header, {});
  if (stored_ || !checkpoints_.empty()) clock_.lap("read " + kind_ + " embeddings");
}

AISLE_API std::vector<std::size_t> embedding_job::take_over() {
  std::unordered_map<sha256_digest, source, digest_hash> known;
  const auto add = [&](const stored_table& table) {
    for (std::size_t r = 0; r < table.hashes.size(); ++r) known.emplace(table.hashes[r], source{&table, r});
    if (!key_.contains("dimension")) key_["dimension"] = table.rows.vectors.cols();
    if (kind_ == "text" && !key_.contains("max_tokens")) key_["max_tokens"] = table.max_tokens;
  };
  if (stored_) add(*stored_);
  for (const checkpoint& c : checkpoints_) add(c.table);
  out_.reused = 0;
  const auto n = static_cast<std::int64_t>(items_.size());
  out_.vectors = matrix<float>(n, n > 0 ? key_.get<std::int64_t>("dimension", 0) : 0);
  out_.tokens.assign(kind_ == "text" ? items_.size() : 0, 0);
  std::vector<std::size_t> fresh;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const auto at = known.find(items_[i].content);
    if (at == known.end()) {
      fresh.push_back(i);
      continue;
    }
    const stored_table& from = *at->second.table;
    const auto vector = from.rows.vectors.row(static_cast<std::int64_t>(at->second.row));
    std::copy(vector.begin(), vector.end(), out_.vectors.row(static_cast<std::int64_t>(i)).begin());
    if (!from.tokens.empty() && !out_.tokens.empty()) out_.tokens[i] = from.tokens[at->second.row];
    ++out_.reused;
  }
  return fresh;
}

AISLE_API void embedding_job::load_model() {
  key_["dimension"] = model_->dimension();
  if (const std::int64_t limit = model_->max_tokens(); limit > 0) key_["max_tokens"] = limit;
  clock_.lap("load " + kind_ + " model");
}

AISLE_API void embedding_job::run(std::vector<item> items, const embed_function& embed) {
  items_ = std::move(items);
  read_kept();
  std::vector<std::size_t> fresh = take_over();
  if (!fresh.empty()) {
    load_model();
    // A manifest that says otherwise is not to be trusted; and the first call has none.
    const auto dimension = key_.get<std::int64_t>("dimension");
    if (out_.vectors.cols() != dimension) {
      if (stored_ && stored_->rows.vectors.cols() != dimension) {
        stored_.reset();
        replaces_others_ = true;
      }
      std::erase_if(checkpoints_,
                    [&](const checkpoint& c) { return c.table.rows.vectors.cols() != dimension; });
      fresh = take_over();
    }
    embed_in_steps(fresh, embed);
    clock_.lap(kind_ + " embeddings");
  }
  model_.reset();
  for (const item& i : items_) out_.rows.push_back(i.source->row);
}

AISLE_API void embedding_job::embed_in_steps(std::span<const std::size_t> fresh,
                                             const embed_function& embed) {
  using clock = std::chrono::steady_clock;
  const auto seconds_since = [](clock::time_point t) {
    return std::chrono::duration<double>(clock::now() - t).count();
  };
  std::size_t step = fresh.size();
  if (keeps_files()) {
    checkpoint_.emplace(csv_path_, key_, layout_.header);
    step = static_cast<std::size_t>(std::max<std::int64_t>(8 * std::max(1, thread_budget(options_.threads)),
                                                           model_->contents_at_once() / 64));
  }
  flushed_ = clock::now();
  kept_.assign(items_.size(), false);
  std::vector<std::size_t> failed;
  for (std::size_t at = 0; at < fresh.size();) {
    const auto rows = fresh.subspan(at, std::min(step, fresh.size() - at));
    embed_options how{.threads = options_.threads};
    if (options_.progress)
      how.progress = [&, at](const progress_event& e) {
        options_.progress({.phase = e.phase,
                           .done = static_cast<std::int64_t>(at) + e.done,
                           .total = static_cast<std::int64_t>(fresh.size()),
                           .unit = e.unit});
      };
    if (checkpoint_)
      how.on_vector = [&](std::int64_t row, std::span<const float> vector) {
        keep_at_once(rows[static_cast<std::size_t>(row)], vector);
      };
    const auto started = clock::now();
    std::vector<std::size_t> bad;
    try {
      bad = take_in(rows, embed(rows, *model_, how));
    } catch (...) {
      flush_checkpoint();  // what was made before stays
      throw;
    }
    at += rows.size();
    keep_rows(rows, bad);
    failed.insert(failed.end(), bad.begin(), bad.end());
    if (seconds_since(flushed_) >= options_.checkpoint_seconds / 4) flush_checkpoint();
    // Steps as long as half of what may be lost, found out from small ones: at the end of each, threads wait
    // for each other.
    const double a_row = seconds_since(started) / static_cast<double>(rows.size());
    const double wanted = options_.checkpoint_seconds / 2 / std::max(a_row, 1e-9);
    if (wanted < static_cast<double>(step) * 4)
      step = std::max<std::size_t>(static_cast<std::size_t>(std::max(wanted, 0.0)), 1);
    else
      step *= 4;
  }
  remove_failed(std::move(failed));
}

/// Which of the rows have no vector.
AISLE_API std::vector<std::size_t> embedding_job::take_in(std::span<const std::size_t> rows,
                                                          const embedded& made) {
  std::vector<std::size_t> failed;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!made.errors[i].empty()) {
      failed.push_back(rows[i]);
      continue;
    }
    const auto from = made.vectors.row(static_cast<std::int64_t>(i));
    std::copy(from.begin(), from.end(), out_.vectors.row(static_cast<std::int64_t>(rows[i])).begin());
    if (!made.tokens.empty()) out_.tokens[rows[i]] = made.tokens[i];
  }
  return failed;
}

AISLE_API void embedding_job::keep_rows(std::span<const std::size_t> rows,
                                        std::span<const std::size_t> failed) {
  if (!checkpoint_) return;
  for (const std::size_t i : rows)
    if (!kept_[i] && std::find(failed.begin(), failed.end(), i) == failed.end())
      checkpoint_->add(layout_.leading(*items_[i].source), items_[i].content,
                       out_.tokens.empty() ? 0 : out_.tokens[i],
                       out_.vectors.row(static_cast<std::int64_t>(i)));
}

/// What was paid for outlives the process from here on, and the system a second later.
AISLE_API void embedding_job::keep_at_once(std::size_t i, std::span<const float> vector) {
  if (!checkpoint_ || kept_[i] || std::ssize(vector) != out_.vectors.cols()) return;
  checkpoint_->add(layout_.leading(*items_[i].source), items_[i].content, 0, vector);
  kept_[i] = true;
  const std::chrono::duration<double> unkept = std::chrono::steady_clock::now() - flushed_;
  to_checkpoint(unkept.count() >= 1);
}

AISLE_API void embedding_job::to_checkpoint(bool onto_disk) {
  if (!checkpoint_) return;
  try {
    make_folders(options_.folder);
    if (!onto_disk) return checkpoint_->write();
    checkpoint_->flush();
    flushed_ = std::chrono::steady_clock::now();
  } catch (const file_error& e) {
    // The job may come through without.
    checkpoint_->remove();
    checkpoint_.reset();
    if (options_.on_warning)
      options_.on_warning(std::string(e.what()) +
                          "; going on without checkpoints, a job that is killed loses "
                          "its vectors");
  }
}

AISLE_API void embedding_job::remove_failed(std::vector<std::size_t> failed) {
  if (failed.empty()) return;
  std::sort(failed.begin(), failed.end());
  index_vector keep;
  std::vector<item> good;
  std::vector<std::int64_t> tokens;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (std::binary_search(failed.begin(), failed.end(), i)) continue;
    keep.push_back(static_cast<std::int64_t>(i));
    good.push_back(items_[i]);
    if (!out_.tokens.empty()) tokens.push_back(out_.tokens[i]);
  }
  out_.vectors = out_.vectors.rows(keep);
  out_.tokens = std::move(tokens);
  items_ = std::move(good);
}

AISLE_API void embedding_job::add_rows(merged_rows& to, const stored_table& from, bool each_once) const {
  std::optional<std::size_t> name;
  for (const std::size_t candidate : layout_.names)
    if (!name && from.rows.has[candidate]) name = candidate;
  // Names of rows are looked for where this table has them.
  std::map<std::pair<std::string_view, sha256_digest>, std::int64_t> named;
  std::set<sha256_digest> contents;
  for (std::size_t r = 0; r < to.hashes.size(); ++r) {
    if (name) ++named[{to.table.leading[r][*name], to.hashes[r]}];
    contents.insert(to.hashes[r]);
  }
  std::vector<std::size_t> others;
  for (std::size_t r = 0; r < from.hashes.size(); ++r) {
    const std::string_view own = name ? std::string_view(from.rows.leading[r][*name]) : std::string_view();
    if (own.empty()) {
      // A row of a catalogue that has other columns serves for its vector alone.
      if (!contents.insert(from.hashes[r]).second) continue;
    } else if (const auto same = named.find({own, from.hashes[r]}); same != named.end() && same->second > 0) {
      if (!each_once) --same->second;
      continue;
    }
    contents.insert(from.hashes[r]);
    others.push_back(r);
  }
  for (const std::size_t r : others) {
    to.table.leading.push_back(from.rows.leading[r]);
    to.hashes.push_back(from.hashes[r]);
    if (!out_.tokens.empty()) to.tokens.push_back(from.tokens.empty() ? 0 : from.tokens[r]);
    to.others.push_back({&from, r});
  }
}

AISLE_API embedding_job::merged_rows embedding_job::merge() const {
  merged_rows out;
  out.table.header = layout_.header;
  out.table.prefix = layout_.prefix;
  out.table.first = layout_.first;
  out.tokens = out_.tokens;
  for (const item& i : items_) {
    out.table.leading.push_back(layout_.leading(*i.source));
    out.hashes.push_back(i.content);
  }
  if (stored_) add_rows(out, *stored_, false);
  for (const checkpoint& c : checkpoints_) add_rows(out, c.table, true);
  return out;
}

AISLE_API void embedding_job::write() {
  if (!keeps_files() || items_.empty()) return;
  make_folders(options_.folder);
  const std::chrono::duration<double> unkept = std::chrono::steady_clock::now() - flushed_;
  if (checkpoint_ && unkept.count() >= options_.checkpoint_seconds / 4) flush_checkpoint();
  std::optional<folder_lock> lock;
  try {
    lock = lock_folder();
  } catch (const file_error& e) {
    if (options_.on_warning) options_.on_warning(std::string(e.what()) + "; writing without a lock");
  }
  finish_write(csv_path_);
  if (state_of_files() != state_) read_table();
  checkpoints_ = read_checkpoints(csv_path_, key_, layout_.header, std::move(checkpoints_));
  if (stored_ && stored_->rows.vectors.cols() != out_.vectors.cols()) {
    stored_.reset();
    replaces_others_ = true;
  }
  merged_rows rows = merge();
  const bool unchanged = stored_ && !replaces_others_ && stored_->hashes == rows.hashes &&
                         stored_->leading == to_hex(rows.table.leading_hash());
  if (!unchanged) {
    rows.table.vectors = out_.vectors;
    matrix<float> all;
    if (!rows.others.empty()) {
      all = matrix<float>(static_cast<std::int64_t>(rows.hashes.size()), out_.vectors.cols());
      std::int64_t r = 0;
      for (; r < out_.vectors.rows(); ++r)
        std::copy(out_.vectors.row(r).begin(), out_.vectors.row(r).end(), all.row(r).begin());
      for (const source& other : rows.others) {
        const auto from = other.table->rows.vectors.row(static_cast<std::int64_t>(other.row));
        std::copy(from.begin(), from.end(), all.row(r++).begin());
      }
      rows.table.vectors = all;
    }
    write_stored(csv_path_, key_, rows.table, rows.hashes, rows.tokens, replaces_others_, options_.threads);
    clock_.lap("write " + kind_ + " embeddings");
  }
  if (checkpoint_) checkpoint_->remove();
  for (const checkpoint& c : checkpoints_)
    if (auto left = held_file::take(c.path)) left->remove();
}

}  // namespace detail
AISLE_NAMESPACE_END
