#include "serve_interface.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <span>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/io/base64.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>

namespace aisle_command {

namespace {

[[noreturn]] void refuse(const std::string& message, const std::string& param, const std::string& code = {}) {
  throw request_error(400, message, param, code);
}

std::string place(std::size_t i) { return "input[" + std::to_string(i) + "]"; }

std::vector<std::int32_t> read_ids(const aisle::json& list, const std::string& where, const served_model& m) {
  std::vector<std::int32_t> out;
  if (!m.takes_tokens) refuse(where + ": tokens are not taken where texts get a prompt; send texts", "input");
  if (list.empty()) refuse(where + ": a list without tokens", "input");
  if (static_cast<std::int64_t>(list.size()) > m.max_tokens)
    refuse(where + ": " + aisle::counted(list.size(), "token") + ", this model takes " +
               std::to_string(m.max_tokens),
           "input", "context_length_exceeded");
  for (const aisle::json& v : list.elements()) {
    if (!v.is_integer())
      refuse(where + ": expected tokens, found " + std::string(v.type_name()) + " among them", "input");
    const auto id = v.as<std::int64_t>();
    if (id < 0 || id >= m.vocabulary)
      refuse(where + ": token " + std::to_string(id) + " is none of this model's " +
                 std::to_string(m.vocabulary) +
                 "; tokens are those of its own tokenizer (`aisle tokenize`), or send texts "
                 "(LangChain: check_embedding_ctx_length=False)",
             "input");
    out.push_back(static_cast<std::int32_t>(id));
  }
  // Another tokenizer's ids are vectors of nonsense: these two tell them.
  if ((m.first >= 0 && out.front() != m.first) || (m.last >= 0 && (out.back() != m.last || out.size() < 2)))
    refuse(where + ": expected tokens as `aisle tokenize` gives them, from " + std::to_string(m.first) +
               " to " + std::to_string(m.last) +
               "; or send texts (LangChain: check_embedding_ctx_length=False)",
           "input");
  return out;
}

void read_input(const aisle::json& input, const served_model& m, embeddings_request& out) {
  if (input.is_string()) {
    out.texts.push_back(input.as<std::string>());
  } else if (!input.is_array() || input.empty()) {
    refuse(input.is_array() ? "input: an empty list"
                            : "input: expected a text, a list of texts, tokens or lists of tokens, found " +
                                  std::string(input.type_name()),
           "input");
  } else if (input[std::size_t{0}].is_integer()) {
    out.ids.push_back(read_ids(input, "input", m));
  } else {
    const std::span<const aisle::json> list = input.elements();
    if (static_cast<std::int64_t>(list.size()) > m.max_inputs)
      refuse("input: " + aisle::counted(list.size(), "text") + ", expected no more than " +
                 std::to_string(m.max_inputs) + " a request",
             "input");
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].type() != list[0].type() || !(list[i].is_string() || list[i].is_array()))
        refuse(place(i) + ": expected a text or a list of tokens, all alike, found " +
                   std::string(list[i].type_name()),
               "input");
      if (list[i].is_string())
        out.texts.push_back(list[i].as<std::string>());
      else
        out.ids.push_back(read_ids(list[i], place(i), m));
    }
  }
  for (std::size_t i = 0; i < out.texts.size(); ++i)
    if (out.texts[i].empty()) refuse((input.is_string() ? "input" : place(i)) + ": an empty text", "input");
}

const char* type_of(int status) {
  return status == 401   ? "authentication_error"
         : status == 429 ? "rate_limit_error"
         : status >= 500 ? "server_error"
                         : "invalid_request_error";
}

aisle::json described(const served_model& m) {
  return aisle::json::object(
      {{"id", m.name}, {"object", "model"}, {"created", m.created}, {"owned_by", "aisle"}});
}

void append_base64(std::string& out, std::span<const float> values) {
  std::string bytes(4 * values.size(), '\0');
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
  } else {
    for (std::size_t i = 0; i < values.size(); ++i)
      for (std::size_t k = 0; k < 4; ++k)
        bytes[4 * i + k] = static_cast<char>(std::bit_cast<std::uint32_t>(values[i]) >> (8 * k) & 255);
  }
  out += '"';
  out += aisle::encode_base64(bytes);
  out += '"';
}

void append_numbers(std::string& out, std::span<const float> values) {
  char number[32];
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    out.append(number, std::to_chars(number, number + sizeof number, values[i]).ptr);
  }
  out += ']';
}

std::span<const float> shortened(std::span<const float> values, std::int64_t dimension,
                                 std::vector<float>& memory) {
  if (dimension == static_cast<std::int64_t>(values.size())) return values;
  memory.assign(values.begin(), values.begin() + dimension);
  double sum = 0;
  for (const float v : memory) sum += static_cast<double>(v) * static_cast<double>(v);
  if (sum > 0)
    for (float& v : memory) v = static_cast<float>(static_cast<double>(v) / std::sqrt(sum));
  return memory;
}

}  // namespace

std::string error_body(int status, std::string_view message, std::string_view param, std::string_view code) {
  const auto text = [](std::string_view s) { return s.empty() ? aisle::json() : aisle::json(s); };
  return aisle::json::object({{"error", aisle::json::object({{"message", message},
                                                             {"type", type_of(status)},
                                                             {"param", text(param)},
                                                             {"code", text(code)}})}})
      .dump();
}

embeddings_request read_embeddings_request(std::string_view body, const served_model& model) {
  embeddings_request out;
  out.dimension = model.dimension;
  // RFC 8259: JSON between programs is UTF-8. Of other bytes, different texts would get one vector.
  for (std::size_t at = 0, n = 0; at < body.size(); at += n)
    if (n = aisle::utf8_sequence(body, at); n == 0)
      throw request_error(400, "the request's body is no UTF-8: byte " + std::to_string(at));
  try {
    const aisle::json request = aisle::parse_json(body, "the request's body");
    if (!request.is_object()) request.fail("expected an object, found " + std::string(request.type_name()));
    const aisle::json* name = request.find("model");
    if (name == nullptr || !name->is_string())
      refuse("model: expected the name of a model, '" + model.name + "'", "model");
    if (name->as<std::string_view>() != model.name)
      throw request_error(
          404, "The model '" + name->as<std::string>() + "' does not exist; there is '" + model.name + "'",
          "model", "model_not_found");
    const std::string format = request.get("encoding_format", "float");
    if (format != "float" && format != "base64")
      refuse("encoding_format: expected float or base64, found '" + format + "'", "encoding_format");
    out.base64 = format == "base64";
    if (const aisle::json* d = request.find("dimensions"); d != nullptr && !d->is_null()) {
      const auto asked = d->as<std::int64_t>();
      if (asked < 1 || asked > model.dimension || (asked < model.dimension && !model.shortens))
        refuse("dimensions: " + std::to_string(asked) + ", this model's vectors have " +
                   std::to_string(model.dimension) +
                   (model.shortens ? " and may be shortened" : " and may not be shortened"),
               "dimensions");
      out.dimension = asked;
    }
    const aisle::json* input = request.find("input");
    if (input == nullptr)
      refuse("input: expected a text, a list of texts, tokens or lists of tokens", "input");
    read_input(*input, model, out);
  } catch (const aisle::format_error& e) {
    throw request_error(400, e.what());
  }
  return out;
}

std::string embeddings_body(const aisle::matrix<float>& vectors, const embeddings_request& request,
                            const served_model& model, std::int64_t tokens) {
  std::string out = "{\"object\":\"list\",\"data\":[";
  out.reserve(static_cast<std::size_t>(vectors.rows()) * static_cast<std::size_t>(request.dimension) *
              (request.base64 ? 6 : 13));
  std::vector<float> memory;
  for (std::int64_t i = 0; i < vectors.rows(); ++i) {
    out += (i > 0 ? ",{\"object\":\"embedding\",\"index\":" : "{\"object\":\"embedding\",\"index\":") +
           std::to_string(i) + ",\"embedding\":";
    const std::span<const float> values = shortened(vectors.row(i), request.dimension, memory);
    if (request.base64)
      append_base64(out, values);
    else
      append_numbers(out, values);
    out += '}';
  }
  const std::string count = std::to_string(tokens);
  return out + "],\"model\":" + aisle::json(model.name).dump() + ",\"usage\":{\"prompt_tokens\":" + count +
         ",\"total_tokens\":" + count + "}}";
}

std::string models_body(const served_model& model) {
  return aisle::json::object({{"object", "list"}, {"data", aisle::json::array({described(model)})}}).dump();
}
std::string model_body(const served_model& model) { return described(model).dump(); }

bool same_secret(std::string_view given, std::string_view expected) {
  // Of hashes, which are of one length.
  const auto a = aisle::sha256::of(given), b = aisle::sha256::of(expected);
  unsigned different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) different |= static_cast<unsigned>(a[i] ^ b[i]);
  return different == 0;
}

}  // namespace aisle_command
