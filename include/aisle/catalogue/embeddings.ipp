#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/embedding_job.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {
/// A model's name as a part of a file's: "openai:BAAI/bge" names no folder.
AISLE_API std::string file_part(std::string name) {
  for (char& c : name)
    if (c == '/') c = '_';
  return name;
}
}  // namespace detail

AISLE_API std::string text_embeddings_path(const std::string& folder, const std::string& model) {
  return join_path(folder, "text_embeddings_" + detail::file_part(model) + ".csv");
}
AISLE_API std::string image_embeddings_path(const std::string& folder, const std::string& model) {
  return join_path(folder, "Embeddings_" + model + ".csv");
}

namespace detail {

AISLE_API embedder_options embedder_of(const embedding_options& options) {
  return {.model_path = options.model_path,
          .name = options.name,
          .engine = options.engine,
          .prompt = options.prompt,
          .preset = options.preset,
          .opened = options.opened,
          .on_warning = options.on_warning};
}

/// Makes the embedder of options, and counts the time as a phase.
template <class Embedder>
embedding_table embed_by(const catalogue& products, const embedding_options& options, std::string phase,
                         embedding_table (*embed)(const catalogue&, std::shared_ptr<const embedder>,
                                                  const embedding_options&)) {
  const double start = steady_seconds();
  auto model = std::make_shared<const Embedder>(embedder_of(options));
  const double seconds = steady_seconds() - start;
  embedding_table out = embed(products, std::move(model), options);
  out.phases.emplace(out.phases.begin(), std::move(phase), seconds);
  return out;
}

AISLE_API void require_kind(const embedder& model, vector_kind kind) {
  if (model.kind() != kind)
    throw option_error(model.name() + (kind == vector_kind::text
                                           ? " takes pictures, expected an embedder of texts"
                                           : " takes texts, expected one of pictures"));
}

}  // namespace detail

AISLE_API embedding_table embed_texts(const catalogue& products, const embedding_options& options) {
  return detail::embed_by<text_embedder>(products, options, "check text model", &embed_texts);
}
AISLE_API embedding_table embed_images(const catalogue& products, const embedding_options& options) {
  return detail::embed_by<picture_embedder>(products, options, "check image model", &embed_images);
}

AISLE_API embedding_table embed_texts(const catalogue& products, std::shared_ptr<const embedder> model,
                                      const embedding_options& options) {
  detail::require_kind(*model, vector_kind::text);
  embedding_table out;
  out.model = model->name();
  out.preset = model->treatment();
  const std::string path = text_embeddings_path(options.folder, model->stored_as());
  const std::size_t id = products.find_column(products.options.id_column).value_or(0);
  detail::embedding_job job(options, std::move(model),
                            json::object({{"html", products.options.keep_html ? "kept" : "removed"}}), path,
                            {.header = products.header,
                             .names = {id},
                             .prefix = "text_",
                             .first = 1,
                             .leading = [](const product& p) { return p.fields; }},
                            out);
  std::vector<detail::embedding_job::item> items;
  for (const product& p : products.products)
    if (!p.text.empty()) items.push_back({&p, sha256::of(p.text)});

  job.run(std::move(items),
          [&](std::span<const std::size_t> fresh, const embedder& texts, const embed_options& how) {
            std::vector<embeddable> contents;
            for (const std::size_t row : fresh)
              contents.push_back(embeddable::text(job.at(row).source->text));
            embedded made = texts.encode(contents, how);
            for (std::size_t i = 0; i < fresh.size(); ++i)
              if (!made.errors[i].empty())
                out.problems.push_back(products.problem(*job.at(fresh[i]).source, {}, made.errors[i]));
            return made;
          });
  const std::int64_t limit = job.known("max_tokens");
  if (limit > 0) out.truncated = ranges::count_if(out.tokens, [&](std::int64_t t) { return t > limit; });
  job.write();
  return out;
}

AISLE_API embedding_table embed_images(const catalogue& products, std::shared_ptr<const embedder> model,
                                       const embedding_options& options) {
  detail::require_kind(*model, vector_kind::image);
  embedding_table out;
  out.model = model->name();
  out.preset = model->treatment();
  const std::string& id = products.options.id_column;
  const std::string path = image_embeddings_path(options.folder, model->stored_as());
  // Files of earlier versions have no ids.
  detail::embedding_job job(options, std::move(model), json::object({}), path,
                            {.header = {"ImageName", id == "ImageName" ? "id" : id},
                             .names = {1, 0},
                             .prefix = "image_",
                             .first = 0,
                             .leading =
                                 [](const product& p) {
                                   return std::vector<std::string>{file_name(p.image_path), p.id};
                                 }},
                            out);

  std::vector<detail::embedding_job::item> items;
  for (const product& p : products.products)
    if (!p.image_path.empty() && p.image_problem.empty()) items.push_back({&p, {}});
  std::vector<std::string> reasons(items.size());
  shared_progress progress(
      options.progress,
      {.phase = "read images", .total = static_cast<std::int64_t>(items.size()), .unit = "images"});
  parallel_for(static_cast<std::int64_t>(items.size()), options.threads, [&](std::int64_t i) {
    auto& item = items[static_cast<std::size_t>(i)];
    try {
      item.content = sha256::of(read_file(item.source->image_path, picture_file_limit, file_kinds::regular));
    } catch (const machine_error&) {
      throw;  // no fault of the picture: another run may read it
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

  job.run(std::move(readable),
          [&](std::span<const std::size_t> fresh, const embedder& pictures, embed_options how) {
            std::vector<embeddable> contents;
            for (const std::size_t i : fresh)
              contents.push_back(embeddable::picture_file(job.at(i).source->image_path));
            // A picture may have changed since it was looked for.
            how.on_bytes = [&](std::int64_t row, std::span<const std::byte> bytes) {
              job.at(fresh[static_cast<std::size_t>(row)]).content =
                  sha256::of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
            };
            embedded made = pictures.encode(contents, how);
            for (std::size_t i = 0; i < fresh.size(); ++i)
              if (!made.errors[i].empty()) report(*job.at(fresh[i]).source, made.errors[i]);
            return made;
          });
  std::stable_sort(out.problems.begin(), out.problems.end(),
                   [](const skipped_row& a, const skipped_row& b) { return a.row < b.row; });
  job.write();
  return out;
}

AISLE_NAMESPACE_END
