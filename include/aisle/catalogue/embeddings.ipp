#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/base/version.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/text_encoder.hpp>

AISLE_NAMESPACE_BEGIN

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

/// What texts and pictures have in common: rows whose content is known from before are taken over, the others
/// are embedded, and the files are brought up to date.
class embedding_job {
 public:
  /// One row that may get a vector.
  struct item {
    const product* source;
    std::uint64_t hash;
  };
  /// New vectors: fills rows `fresh` of `out.vectors` (and tokens); a row it cannot do is named in `failed`.
  using embed_function =
      std::function<void(std::span<const std::size_t> fresh, std::vector<std::size_t>& failed)>;

  embedding_job(const embedding_options& options, std::string kind, std::string csv_path,
                embedding_table& out)
      : options_(options),
        csv_path_(std::move(csv_path)),
        out_(out),
        clock_(out.phases),
        kind_(std::move(kind)) {}

  /// `key`: what of the model, beside its weights, decides the vectors. `weights_path`: where those are.
  void open(json key, const std::string& weights_path) {
    out_.kernel = select_table(options_.engine).name;
    key_ = json::object({{"format", "aisle embeddings 1"},
                         {"aisle", AISLE_VERSION_STRING},
                         {"kind", kind_},
                         {"model", out_.model},
                         {"kernel", out_.kernel},
                         {"precision", std::string(options_.engine.precision)},
                         {"settings", hash_of_settings(options_.model_path)}});
    for (const auto& [name, value] : key.members()) key_[name] = value;
    json before;
    if (keeps_files() && file_exists(manifest_path(csv_path_))) try {
        before = read_json(manifest_path(csv_path_));
      } catch (const error& e) {
        unreadable_ = e.what();
      }
    opened_ = options_.opened ? options_.opened : models::open_model(weights_path);
    const json weights = describe_weights(opened_->checkpoint, before.find("weight_files"));
    out_.weights_sha256 = weights.get<std::string>("sha256");
    key_["weights"] = out_.weights_sha256;
    key_["weight_files"] = weights.at("files");
    // What only the model knows is in the manifest where it is not loaded.
    for (const char* name : {"dimension", "max_tokens"})
      if (const json* known = before.find(name); known != nullptr && known->is_integer()) key_[name] = *known;
    clock_.lap("check " + kind_ + " model");
  }

  std::int64_t known(const char* name) const { return key_.get<std::int64_t>(name, 0); }

  /// The model, to be loaded from; at most once.
  std::shared_ptr<models::opened_model> take_opened() { return std::move(opened_); }

  /// Ends a phase of the caller's own.
  void lap(std::string name) { clock_.lap(std::move(name)); }

  /// `load` loads the model and says what only it knows, its dimension among it.
  void run(std::vector<item> items, const std::function<json()>& load, const embed_function& embed) {
    std::optional<stored_embeddings> stored;
    std::string why = unreadable_;
    if (keeps_files() && key_.contains("dimension"))
      stored = read_stored(csv_path_, key_, options_.threads, why);
    replaces_others_ = !stored && keeps_files() && file_exists(csv_path_);
    if (replaces_others_) {
      // The one before may be of this kind, where kernels (say) are changed to and fro.
      const std::string aside = aside_path(csv_path_);
      std::string why_not_aside;
      if (key_.contains("dimension")) stored = read_stored(aside, key_, options_.threads, why_not_aside);
      if (options_.on_warning)
        options_.on_warning((why.empty() ? csv_path_ + ": no manifest says what made it" : why) +
                            (stored ? "; taking over " + aside + ", which it replaces"
                                    : "; embedding again, the file is kept as " + aside));
    }
    std::unordered_map<std::uint64_t, std::size_t> known;
    if (stored)
      for (std::size_t i = 0; i < stored->hashes.size(); ++i) known.emplace(stored->hashes[i], i);
    std::vector<std::size_t> fresh;
    for (std::size_t i = 0; i < items.size(); ++i)
      if (!known.contains(items[i].hash)) fresh.push_back(i);
    if (stored) clock_.lap("read " + kind_ + " embeddings");
    if (!fresh.empty()) {
      const json made = load();
      for (const auto& [name, value] : made.members()) key_[name] = value;
      clock_.lap("load " + kind_ + " model");
    }

    const auto n = static_cast<std::int64_t>(items.size());
    out_.vectors = matrix<float>(n, n > 0 ? key_.get<std::int64_t>("dimension") : 0);
    out_.tokens.assign(kind_ == "text" ? items.size() : 0, 0);
    for (std::size_t i = 0; i < items.size(); ++i)
      if (const auto at = known.find(items[i].hash); at != known.end()) {
        const auto from = stored->rows.vectors.row(static_cast<std::int64_t>(at->second));
        std::copy(from.begin(), from.end(), out_.vectors.row(static_cast<std::int64_t>(i)).begin());
        if (!stored->tokens.empty() && !out_.tokens.empty()) out_.tokens[i] = stored->tokens[at->second];
        ++out_.reused;
      }
    if (!fresh.empty()) {
      std::vector<std::size_t> failed;
      embed(fresh, failed);
      remove(items, failed);
      clock_.lap(kind_ + " embeddings");
    }
    for (const item& i : items) out_.rows.push_back(i.source->row);
    items_ = std::move(items);
    stored_ = std::move(stored);
  }

  /// Brings the files up to date. Rows of earlier calls that this one was not asked for stay, behind its own:
  /// the files serve parts of a catalogue, and several catalogues. A row is known again by its content and
  /// its name, the first of the leading columns `names` that the files have: of a product that was edited,
  /// and of two catalogues' products of one name, all rows stay, this call's first.
  void write(std::vector<std::string> header, std::span<const std::size_t> names, std::string prefix,
             int first, const std::function<std::vector<std::string>(const product&)>& leading) {
    if (!keeps_files() || items_.empty()) return;
    embedding_csv table{.header = std::move(header),
                        .leading = {},
                        .prefix = std::move(prefix),
                        .first = first,
                        .vectors = out_.vectors};
    std::vector<std::uint64_t> hashes;
    for (const item& i : items_) {
      table.leading.push_back(leading(*i.source));
      hashes.push_back(i.hash);
    }
    std::vector<std::int64_t> tokens = out_.tokens;
    matrix<float> all;
    if (stored_) {
      const index_vector others = merge_leading(table, hashes, names);
      for (const std::int64_t r : others) {
        hashes.push_back(stored_->hashes[static_cast<std::size_t>(r)]);
        if (!tokens.empty() && !stored_->tokens.empty())
          tokens.push_back(stored_->tokens[static_cast<std::size_t>(r)]);
      }
      if (!others.empty()) {
        all = matrix<float>(static_cast<std::int64_t>(hashes.size()), out_.vectors.cols());
        const auto put = [&](std::int64_t r, std::span<const float> v) {
          std::copy(v.begin(), v.end(), all.row(r).begin());
        };
        for (std::int64_t r = 0; r < out_.vectors.rows(); ++r) put(r, out_.vectors.row(r));
        for (std::size_t i = 0; i < others.size(); ++i)
          put(out_.vectors.rows() + static_cast<std::int64_t>(i), stored_->rows.vectors.row(others[i]));
        table.vectors = all;
      }
      if (!replaces_others_ && stored_->hashes == hashes && stored_->leading == table.leading_hash()) return;
    }
    make_folders(options_.folder);
    write_stored(csv_path_, key_, table, hashes, tokens, replaces_others_, options_.threads);
    clock_.lap("write " + kind_ + " embeddings");
  }

 private:
  bool keeps_files() const { return !options_.folder.empty(); }

  /// Joins the leading columns of the stored rows to those of this call's, columns that only they have at
  /// the end, and their fields to the rows that are found again. Returns the stored rows that are not, whose
  /// fields now stand last in `table`.
  index_vector merge_leading(embedding_csv& table, std::span<const std::uint64_t> hashes,
                             std::span<const std::size_t> names) const {
    const embedding_rows& before = stored_->rows;
    std::vector<std::size_t> place;
    for (const std::string& column : before.header) {
      const auto at = std::find(table.header.begin(), table.header.end(), column);
      place.push_back(static_cast<std::size_t>(at - table.header.begin()));
      if (at == table.header.end()) table.header.push_back(column);
    }
    std::size_t name = 0;
    std::optional<std::size_t> name_before;
    for (const std::size_t candidate : names)
      if (const auto at = std::find(place.begin(), place.end(), candidate);
          !name_before && at != place.end()) {
        name = candidate;
        name_before = static_cast<std::size_t>(at - place.begin());
      }
    std::map<std::pair<std::string, std::uint64_t>, std::deque<std::size_t>> by_name;
    if (name_before)
      for (std::size_t r = 0; r < before.leading.size(); ++r)
        by_name[{before.leading[r][*name_before], stored_->hashes[r]}].push_back(r);
    std::vector<bool> found(before.leading.size(), false);
    const auto placed = [&](std::size_t r) {
      std::vector<std::string> row(table.header.size());
      for (std::size_t c = 0; c < place.size(); ++c) row[place[c]] = before.leading[r][c];
      return row;
    };
    for (std::size_t i = 0; i < table.leading.size(); ++i) {
      std::vector<std::string>& row = table.leading[i];
      const auto same = by_name.find({row[name], hashes[i]});
      if (same == by_name.end() || same->second.empty()) {
        row.resize(table.header.size());
        continue;
      }
      found[same->second.front()] = true;
      std::vector<std::string> both = placed(same->second.front());
      same->second.pop_front();
      std::move(row.begin(), row.end(), both.begin());
      row = std::move(both);
    }
    index_vector others;
    for (std::size_t r = 0; r < found.size(); ++r) {
      if (found[r]) continue;
      others.push_back(static_cast<std::int64_t>(r));
      table.leading.push_back(placed(r));
    }
    return others;
  }

  void remove(std::vector<item>& items, const std::vector<std::size_t>& failed) {
    if (failed.empty()) return;
    std::vector<bool> bad(items.size(), false);
    for (const std::size_t i : failed) bad[i] = true;
    index_vector keep;
    std::vector<item> good;
    std::vector<std::int64_t> tokens;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (bad[i]) continue;
      keep.push_back(static_cast<std::int64_t>(i));
      good.push_back(items[i]);
      if (!out_.tokens.empty()) tokens.push_back(out_.tokens[i]);
    }
    out_.vectors = out_.vectors.rows(keep);
    out_.tokens = std::move(tokens);
    items = std::move(good);
  }

  const embedding_options& options_;
  std::string csv_path_;
  embedding_table& out_;
  phase_clock clock_;
  std::string kind_;
  json key_;
  std::shared_ptr<models::opened_model> opened_;
  std::vector<item> items_;
  std::optional<stored_embeddings> stored_;
  std::string unreadable_;        // what is wrong with the manifest there is
  bool replaces_others_ = false;  // the CSV there is holds something else
};

/// Weights that stand behind the pooling, which describe_weights() does not know.
AISLE_API std::string hash_of_layers(const sentence_model& sentence) {
  fnv1a64 hash;
  for (const sentence_layer& layer : sentence.layers)
    if (const auto& dense = layer.dense)
      for (const auto* values : {&dense->weight, &dense->bias})
        hash.bytes({reinterpret_cast<const char*>(values->data()), values->size() * sizeof(float)});
  return to_hex(hash.value());
}

}  // namespace detail

AISLE_API std::string text_embeddings_path(const std::string& folder, const std::string& model) {
  return join_path(folder, "text_embeddings_" + model + ".csv");
}
AISLE_API std::string image_embeddings_path(const std::string& folder, const std::string& model) {
  return join_path(folder, "Embeddings_" + model + ".csv");
}

AISLE_API embedding_table embed_texts(const catalogue& products, const embedding_options& options) {
  embedding_table out;
  out.model = options.name.empty() ? file_name(options.model_path) : options.name;
  detail::embedding_job job(options, "text", text_embeddings_path(options.folder, out.model), out);
  const sentence_model sentence = sentence_model::read(options.model_path);
  out.preset = options.prompt.value_or(sentence.default_prompt);
  job.open(json::object({{"html", products.options.keep_html ? "kept" : "removed"},
                         {"prompt", sentence.prompt(out.preset)},
                         {"layers", detail::hash_of_layers(sentence)}}),
           sentence.transformer);
  std::vector<detail::embedding_job::item> items;
  for (const product& p : products.products)
    if (!p.text.empty()) items.push_back({&p, fnv1a64::of(p.text)});

  std::optional<text_encoder> encoder;
  job.run(
      items,
      [&] {
        encoder = text_encoder::load(
            options.model_path,
            {.engine = options.engine, .on_warning = options.on_warning, .opened = job.take_opened()});
        return json::object({{"dimension", encoder->dimension()}, {"max_tokens", encoder->max_tokens()}});
      },
      [&](std::span<const std::size_t> fresh, std::vector<std::size_t>&) {
        std::vector<std::string_view> texts;
        for (const std::size_t row : fresh) texts.push_back(items[row].source->text);
        const text_encode_options how{
            .threads = options.threads, .progress = options.progress, .prompt = out.preset};
        const tokenized_texts tokens = encoder->tokenize(texts, how);
        const auto vectors = encoder->encode(tokens, how);
        for (std::size_t i = 0; i < fresh.size(); ++i) {
          out.tokens[fresh[i]] = tokens.lengths[i];
          const auto from = vectors.row(static_cast<std::int64_t>(i));
          std::copy(from.begin(), from.end(), out.vectors.row(static_cast<std::int64_t>(fresh[i])).begin());
        }
      });
  encoder.reset();
  out.truncated = ranges::count_if(out.tokens, [&](std::int64_t t) { return t > job.known("max_tokens"); });
  const std::size_t id[] = {products.find_column(products.options.id_column).value_or(0)};
  job.write(products.header, id, "text_", 1, [](const product& p) { return p.fields; });
  return out;
}

AISLE_API embedding_table embed_images(const catalogue& products, const embedding_options& options) {
  embedding_table out;
  out.model = options.name.empty() ? file_name(options.model_path) : options.name;
  detail::embedding_job job(options, "image", image_embeddings_path(options.folder, out.model), out);
  const preset how = options.preset ? *options.preset : detail::preset_for(options.model_path);
  out.preset = options.preset ? detail::preset_label(how) : how.name;
  job.open(json::object({{"preset", out.preset}}), options.model_path);

  std::vector<detail::embedding_job::item> items;
  for (const product& p : products.products)
    if (!p.image_path.empty() && p.image_problem.empty()) items.push_back({&p, 0});
  std::vector<std::string> reasons(items.size());
  shared_progress progress(
      options.progress,
      {.phase = "read images", .total = static_cast<std::int64_t>(items.size()), .unit = "images"});
  parallel_for(static_cast<std::int64_t>(items.size()), options.threads, [&](std::int64_t i) {
    auto& item = items[static_cast<std::size_t>(i)];
    try {
      item.hash = fnv1a64::of(read_file(item.source->image_path, picture_file_limit));
    } catch (const error& e) {
      reasons[static_cast<std::size_t>(i)] = e.what();
    }
    progress.add(1);
  });
  job.lap("read images");
  const auto report = [&](const product& p, std::string reason) {
    out.problems.push_back(products.problem(p, products.options.image_column, std::move(reason)));
  };
  for (const product& p : products.products)
    if (!p.image_problem.empty()) report(p, p.image_problem);
  std::vector<detail::embedding_job::item> readable;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (reasons[i].empty())
      readable.push_back(items[i]);
    else
      report(*items[i].source, reasons[i]);

  std::optional<image_encoder> encoder;
  job.run(
      readable,
      [&] {
        encoder = image_encoder::load(options.model_path, {.engine = options.engine,
                                                           .preset = how,
                                                           .on_warning = options.on_warning,
                                                           .opened = job.take_opened()});
        return json::object({{"dimension", encoder->dimension()}});
      },
      [&](std::span<const std::size_t> fresh, std::vector<std::size_t>& failed) {
        std::vector<std::string> paths;
        for (const std::size_t i : fresh) paths.push_back(readable[i].source->image_path);
        const auto vectors =
            encoder->encode_files(paths, {.threads = options.threads,
                                          .progress = options.progress,
                                          .on_error = [&](std::int64_t row, const std::string& reason) {
                                            failed.push_back(fresh[static_cast<std::size_t>(row)]);
                                            report(*readable[failed.back()].source, reason);
                                          }});
        for (std::size_t i = 0; i < fresh.size(); ++i) {
          const auto from = vectors.row(static_cast<std::int64_t>(i));
          std::copy(from.begin(), from.end(), out.vectors.row(static_cast<std::int64_t>(fresh[i])).begin());
        }
      });
  encoder.reset();
  std::stable_sort(out.problems.begin(), out.problems.end(),
                   [](const skipped_row& a, const skipped_row& b) { return a.row < b.row; });
  // Files of earlier versions have no ids.
  constexpr std::size_t id_then_name[] = {1, 0};
  const std::string& id = products.options.id_column;
  job.write({"ImageName", id == "ImageName" ? "id" : id}, id_then_name, "image_", 0, [](const product& p) {
    return std::vector<std::string>{file_name(p.image_path), p.id};
  });
  return out;
}

AISLE_NAMESPACE_END
