#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/embedder.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/models/preset.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/precision.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

struct embedding_options {
  std::string model_path = {};  ///< folder or weight file
  std::string name = {};  ///< the model's id, a part of the file names; empty: the last part of model_path
  std::optional<std::string> prompt = {};  ///< of a text model: as in text_encode_options
  /// Where the embeddings are kept, as `Embeddings_NAME.csv` or `text_embeddings_NAME.csv`, each with a
  /// `.manifest.json` by which a later call takes over every row whose content has not changed, told by
  /// SHA-256 of the content, the weights and the CSV. Rows that a call does not ask for stay, behind its own,
  /// with their fields of its columns; a CSV that was made otherwise (another kernel, say) is kept as
  /// `NAME.old.csv`. Several processes may work in one folder; what a killed one has made, the next takes
  /// over. Empty: nothing is read or written.
  std::string folder = {};
  std::shared_ptr<models::opened_model> opened = {};  ///< the model, where it is open already
  engine_selection engine{};
  /// Of pictures: how they are prepared. Empty: as image_encoder_options says.
  std::optional<aisle::preset> preset{};
  int threads = 0;
  progress_callback progress{};
  warning_callback on_warning{};
  /// How many seconds of work a kill may cost, about: vectors are on the disk before the table is written.
  /// Those of an embedder that shows them (embed_options::on_vector) are kept as they come.
  double checkpoint_seconds = 20;
  bool folder_is_locked =
      false;  ///< the caller holds a folder_lock of `folder`, which is not waited for then
};

/// Vectors of the rows of a catalogue that have one.
struct embedding_table {
  index_vector rows;                 ///< data rows of the catalogue, ascending
  matrix<float> vectors;             ///< [rows, dimension]
  std::vector<std::int64_t> tokens;  ///< of texts: tokens of each row before any cut
  std::int64_t truncated = 0;        ///< texts that were cut
  std::int64_t reused = 0;           ///< rows taken over from the files of an earlier call
  std::string model,
      weights_sha256;  ///< weights_sha256 is that of the file (of all files' hashes, if there are several)
  std::string kernel;  ///< kernel table that made them
  std::string preset;  ///< of pictures: how they were prepared; of texts: the name of the prompt before them
  std::string file;    ///< where vectors come from that were made elsewhere; empty: `model` made them
  std::string place =
      {};  ///< the model's path, where it was named by one; embed_texts() leaves it to the caller
  /// What a row that has none lacks: `plain` ("text", "picture"), or a vector of those made elsewhere.
  std::string_view lacking(std::string_view plain) const noexcept { return file.empty() ? plain : "vector"; }
  std::vector<skipped_row> problems;                   ///< pictures that cannot be read
  std::vector<std::pair<std::string, double>> phases;  ///< name, seconds
};

/// Vectors of all products with a text. The model is opened once and loaded only if a row is new. Throws what
/// text_encoder::load throws, and file_error.
embedding_table embed_texts(const catalogue& products, const embedding_options& options);

/// Vectors of all products with a picture. Pictures that are missing or damaged become problems.
embedding_table embed_images(const catalogue& products, const embedding_options& options);

/// The same by any embedder, whose stored_as() is the name of the files; of the options, those that make a
/// model do not count. Contents that it cannot do become problems. Throws option_error for an embedder of the
/// other kind.
embedding_table embed_texts(const catalogue& products, std::shared_ptr<const embedder> model,
                            const embedding_options& options);
embedding_table embed_images(const catalogue& products, std::shared_ptr<const embedder> model,
                             const embedding_options& options);

/// Names of the files that embed_texts and embed_images keep in `folder`.
std::string text_embeddings_path(const std::string& folder, const std::string& model);
std::string image_embeddings_path(const std::string& folder, const std::string& model);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/embeddings.ipp>
#endif
