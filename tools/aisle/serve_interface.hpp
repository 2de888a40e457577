#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/tensor/matrix.hpp>

// The messages of OpenAI's embeddings interface, as a server reads and writes them.

namespace aisle_command {

/// What a client did wrong, as it is told.
class request_error : public std::runtime_error {
 public:
  request_error(int status, const std::string& message, std::string param = {}, std::string code = {})
      : std::runtime_error(message), status_(status), param_(std::move(param)), code_(std::move(code)) {}
  int status() const noexcept { return status_; }
  const std::string& param() const noexcept { return param_; }
  const std::string& code() const noexcept { return code_; }

 private:
  int status_;
  std::string param_, code_;
};

/// {"error": {"message", "type", "param", "code"}}.
std::string error_body(int status, std::string_view message, std::string_view param = {},
                       std::string_view code = {});
inline std::string error_body(const request_error& e) {
  return error_body(e.status(), e.what(), e.param(), e.code());
}

/// The model that is served, as far as requests can be wrong about it.
struct served_model {
  std::string name;
  std::int64_t dimension = 0, max_tokens = 0, vocabulary = 0;
  std::int32_t first = -1, last = -1;  ///< ids that stand around each text; -1: none
  bool takes_tokens = true;            ///< not where a prompt goes before each text
  bool shortens = false;               ///< trained for vectors of fewer dimensions
  std::int64_t max_inputs = 2048;      ///< a request
  std::int64_t created = 0;            ///< seconds of 1970
};

struct embeddings_request {
  std::vector<std::string> texts;              ///< either these
  std::vector<std::vector<std::int32_t>> ids;  ///< or these
  std::int64_t dimension = 0;                  ///< of the vectors to be given
  bool base64 = false;
};
/// The body of POST /v1/embeddings. Throws request_error.
embeddings_request read_embeddings_request(std::string_view body, const served_model& model);

/// The answer, with the first `request.dimension` numbers of each vector: brought to length 1 again where
/// that is not all of them.
std::string embeddings_body(const aisle::matrix<float>& vectors, const embeddings_request& request,
                            const served_model& model, std::int64_t tokens);
/// GET /v1/models, and of one of them.
std::string models_body(const served_model& model);
std::string model_body(const served_model& model);

/// Takes as long wherever they differ.
bool same_secret(std::string_view given, std::string_view expected);

}  // namespace aisle_command
