// Keras' own files, for aisle weights convert.

#include "keras_file.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <map>
#include <new>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/zip.hpp>

#include "hdf5_tensors.hpp"

namespace aisle_command {

namespace {

constexpr std::string_view hdf5_start = "\x89HDF\r\n\x1a\n";
constexpr std::uint64_t largest_config = 64 << 20;
/// As hdf5_tensors.cpp: no dataset is more than this times what is stored of it.
constexpr std::uint64_t largest_ratio = 1032;

bool starts_with(const aisle::input_file& file, std::string_view start) {
  std::array<char, 8> head{};
  if (file.size() < start.size()) return false;
  file.read_at(0, std::as_writable_bytes(std::span(head).first(start.size())));
  return std::string_view(head.data(), start.size()) == start;
}

/// "layers/conv2d_1" -> "conv2_block1_1_conv", in the order of the model's configuration.
std::map<std::string, std::string> layer_names(const aisle::json& config) {
  std::map<std::string, std::string> names;
  std::map<std::string, int> count;
  const aisle::json* model = config.find("config");
  const aisle::json* layers = model != nullptr && model->is_object() ? model->find("layers") : nullptr;
  if (layers == nullptr || !layers->is_array()) return names;
  for (const aisle::json& layer : layers->elements()) {
    const auto kind = layer.get<std::string>("class_name", "");
    const std::string group = kind == "Conv2D"               ? "conv2d"
                              : kind == "BatchNormalization" ? "batch_normalization"
                              : kind == "Dense"              ? "dense"
                                                             : "";
    if (group.empty()) continue;
    const int number = count[group]++;
    const aisle::json* own = layer.find("config");
    if (own != nullptr && own->is_object())
      names["layers/" + group + (number > 0 ? "_" + std::to_string(number) : "")] =
          own->get<std::string>("name", "");
  }
  return names;
}

struct contents {
  std::string bytes;
  std::map<std::string, std::string> layers;
};

contents read_contents(const std::string& path) {
  const aisle::input_file file(path);
  contents c;
  if (starts_with(file, hdf5_start)) {
    c.bytes.resize(static_cast<std::size_t>(file.size()));
    file.read_at(0, std::as_writable_bytes(std::span(c.bytes)));
    return c;
  }
  const aisle::zip_directory zip(file);
  const auto* weights = zip.find("model.weights.h5");
  if (weights == nullptr) throw aisle::format_error(path, "has no model.weights.h5: no file of Keras");
  c.bytes = zip.read(file, *weights, file.size());
  if (const auto* config = zip.find("config.json"))
    c.layers =
        layer_names(aisle::parse_json(zip.read(file, *config, largest_config), path + ": config.json"));
  return c;
}

// What the reading process sends: for each tensor the length of its name, its rank and number of elements,
// then name, dimensions and values; at the end a length of 0, or all ones in front of a message.
struct header {
  std::uint64_t name = 0, rank = 0, elements = 0;
};
constexpr std::uint64_t failed = ~std::uint64_t{0};

bool send(int to, const void* data, std::size_t size) {
  for (const char* p = static_cast<const char*>(data); size > 0;) {
    const ssize_t n = ::write(to, p, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// False at the end of what the other process sent.
bool receive(int from, void* data, std::size_t size) {
  for (char* p = static_cast<char*>(data); size > 0;) {
    const ssize_t n = ::read(from, p, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// In the process of its own. It gets no more time and memory than a good file needs.
[[noreturn]] void send_tensors(int to, const contents& c) {
  const rlim_t seconds = 60 + c.bytes.size() / (1 << 20);
  const rlimit time{seconds, seconds}, none{0, 0};
  ::setrlimit(RLIMIT_CPU, &time);
  ::setrlimit(RLIMIT_CORE, &none);
  std::string message;
  try {
    read_hdf5_tensors(c.bytes, c.layers, [&](const std::string& name, auto dims, auto values) {
      const header h{name.size(), dims.size(), values.size()};
      if (!send(to, &h, sizeof h) || !send(to, name.data(), name.size()) ||
          !send(to, dims.data(), dims.size_bytes()) || !send(to, values.data(), values.size_bytes()))
        ::_exit(1);
    });
  } catch (const std::bad_alloc&) {
    message = "is larger than this machine's memory";
  } catch (const std::exception& e) {
    message = e.what();
  }
  const header h{message.empty() ? 0 : failed, message.size(), 0};
  send(to, &h, sizeof h);
  send(to, message.data(), message.size());
  ::_exit(0);  // nothing of HDF5's or ours is torn down
}

/// Waits for the process, whatever happens.
class child {
 public:
  child() = default;
  void is(pid_t pid) { pid_ = pid; }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    if (pid_ > 0)
      while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
      }
  }

 private:
  pid_t pid_ = 0;
};

struct descriptor {
  int id = -1;
  ~descriptor() { reset(); }
  void reset() {
    if (id >= 0) ::close(id);
    id = -1;
  }
};

aisle::state_dict receive_tensors(int from, const std::string& path, std::uint64_t file_bytes) {
  const auto damaged = [&](const std::string& why) {
    return aisle::format_error(path, "is no file of weights that the HDF5 library can read: " + why);
  };
  aisle::state_dict out(path);
  for (;;) {
    header h;
    if (!receive(from, &h, sizeof h)) throw damaged("it gave up in the middle");
    if (h.name == 0) return out;
    const bool message = h.name == failed;
    std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(message ? h.rank : h.name, 1 << 16)),
                     ' ');
    if (!receive(from, text.data(), text.size())) throw damaged("it gave up in the middle");
    if (message) throw damaged(text);
    std::vector<std::int64_t> dims(static_cast<std::size_t>(std::min<std::uint64_t>(h.rank, 8)));
    if (!receive(from, dims.data(), dims.size() * sizeof dims[0])) throw damaged("it gave up in the middle");
    if (h.elements / largest_ratio > file_bytes) throw damaged("'" + text + "' is larger than the file");
    const aisle::shape shape{std::span<const std::int64_t>(dims)};
    if (static_cast<std::uint64_t>(shape.elements()) != h.elements)
      throw damaged("'" + text + "' has no size");
    aisle::tensor values(aisle::dtype::f32, shape);
    const auto bytes = values.mutable_bytes();
    if (!receive(from, bytes.data(), bytes.size())) throw damaged("it gave up in the middle");
    out.add(std::move(text), std::move(values));
  }
}

}  // namespace

bool is_keras_file(const std::string& path) {
  if (aisle::folder_exists(path)) return false;
  const aisle::input_file file(path);
  if (starts_with(file, hdf5_start)) return true;
  if (!starts_with(file, std::string_view("PK\3\4", 4))) return false;
  try {
    return aisle::zip_directory(file).find("model.weights.h5") != nullptr;
  } catch (const aisle::format_error&) {  // whoever reads it says what is wrong
    return false;
  }
}

aisle::state_dict read_keras_file(const std::string& path) {
  if (!has_hdf5())
    throw aisle::error(path +
                       ": is a file of Keras, and this aisle was built without HDF5, which reads them: "
                       "tools/install-dependencies installs it, then build again");
  const contents c = read_contents(path);
  child reading;  // waited for when nobody reads from it any more
  int ends[2];
  if (::pipe(ends) != 0)
    throw aisle::machine_error(path, std::string("cannot be read: ") + std::strerror(errno));
  descriptor from{ends[0]}, to{ends[1]};
  const pid_t pid = ::fork();
  if (pid < 0) throw aisle::machine_error(path, std::string("cannot be read: ") + std::strerror(errno));
  if (pid == 0) {
    from.reset();
    send_tensors(to.id, c);
  }
  reading.is(pid);
  to.reset();
  return receive_tensors(from.id, path, c.bytes.size());
}

}  // namespace aisle_command
