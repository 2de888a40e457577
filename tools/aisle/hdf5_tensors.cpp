// Datasets of floats in a file of Keras, through the HDF5 library.

#include "hdf5_tensors.hpp"

#include <stdexcept>

#if AISLE_HDF5

#include <hdf5.h>

namespace aisle_command {

namespace {

/// Far beyond any model: more is damage.
constexpr int deepest = 32;
constexpr std::uint64_t most_links = 1 << 20;
constexpr std::size_t longest_name = 4096;
/// Deflate makes no more of a byte.
constexpr std::uint64_t largest_ratio = 1032;

/// Something of HDF5's that is closed at the end of a scope.
class handle {
 public:
  handle(hid_t id, herr_t (*close)(hid_t), const char* what) : id_(id), close_(close) {
    if (id < 0) throw std::runtime_error(std::string("its ") + what + " cannot be read");
  }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  ~handle() { close_(id_); }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

bool has_link(hid_t group, const char* name) { return H5Lexists(group, name, H5P_DEFAULT) > 0; }

/// A text attribute, or "".
std::string text_attribute(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) return {};
  const handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose, "attributes");
  const handle type(H5Aget_type(attribute), H5Tclose, "attributes");
  const handle space(H5Aget_space(attribute), H5Sclose, "attributes");
  if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) return {};
  if (H5Tis_variable_str(type) > 0) {
    const handle memory(H5Tcopy(H5T_C_S1), H5Tclose, "attributes");
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(type));
    char* text = nullptr;
    if (H5Aread(attribute, memory, &text) < 0 || text == nullptr) return {};
    const std::string out(text);
    H5free_memory(text);
    return out;
  }
  const std::size_t size = H5Tget_size(type);
  if (size == 0 || size > longest_name) return {};
  std::string out(size, '\0');
  if (H5Aread(attribute, type, out.data()) < 0) return {};
  return out.substr(0, out.find('\0'));
}

std::string last_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

/// "conv1_conv/conv1_conv/kernel:0" says the layer's name twice, as the group and in the weight's own name.
std::string without_repetition(const std::string& path) {
  const std::size_t end = path.find_last_of('/');
  if (end == std::string::npos) return path;
  const std::string folder = path.substr(0, end);
  for (std::size_t half = folder.find('/'); half != std::string::npos; half = folder.find('/', half + 1))
    if (folder.compare(0, half, folder, half + 1, std::string::npos) == 0) return path.substr(half + 1);
  return path;
}

class reader {
 public:
  reader(const std::map<std::string, std::string>& layers, const hdf5_sink& sink)
      : layers_(layers), sink_(sink) {}

  /// What lies in a group; `path` is where it lies, "" for the root.
  void group(hid_t at, const std::string& path, int depth) {
    if (depth > deepest) throw std::runtime_error("its groups lie in each other too deeply: " + path);
    H5G_info_t info;
    if (H5Gget_info(at, &info) < 0) throw std::runtime_error("its group '" + path + "' cannot be read");
    links_ += info.nlinks;
    if (links_ > most_links) throw std::runtime_error("it has too many groups and datasets");
    for (hsize_t i = 0; i < info.nlinks; ++i) {
      char name[longest_name];
      const ssize_t length =
          H5Lget_name_by_idx(at, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
      H5L_info_t link;
      if (length <= 0 || static_cast<std::size_t>(length) >= sizeof name ||
          H5Lget_info(at, name, &link, H5P_DEFAULT) < 0)
        throw std::runtime_error("its group '" + path + "' cannot be read");
      if (link.type != H5L_TYPE_HARD)
        throw std::runtime_error("'" + path + name + "' is a link to elsewhere, which is not followed");
      if (path.empty() && (std::string(name) == "optimizer_weights" || std::string(name) == "optimizer"))
        continue;
      const handle object(H5Oopen(at, name, H5P_DEFAULT), H5Oclose, "objects");
      const H5I_type_t type = H5Iget_type(object);
      if (type == H5I_GROUP) group(object, path + name + "/", depth + 1);
      if (type == H5I_DATASET) dataset(object, at, path, name);
    }
  }

 private:
  void dataset(hid_t at, hid_t parent, const std::string& path, const std::string& leaf) {
    const std::string where = "its dataset '" + path + leaf + "'";
    const handle type(H5Dget_type(at), H5Tclose, "datasets");
    if (H5Tget_class(type) != H5T_FLOAT) return;  // seeds and counters
    const handle space(H5Dget_space(at), H5Sclose, "datasets");
    const handle stored_as(H5Dget_create_plist(at), H5Pclose, "datasets");
    if (H5Pget_layout(stored_as) == H5D_VIRTUAL || H5Pget_external_count(stored_as) != 0)
      throw std::runtime_error(where + " lies in other files, which are not read");
    hsize_t dims[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_dims(space, dims, nullptr);
    if (rank < 0 || rank > 8) throw std::runtime_error(where + " has no shape that a weight has");
    const std::uint64_t stored = H5Dget_storage_size(at), most = (stored + 1) * largest_ratio;
    std::uint64_t elements = 1;
    std::vector<std::int64_t> shape;
    for (int i = 0; i < rank; ++i) {
      shape.push_back(static_cast<std::int64_t>(dims[i]));
      if (dims[i] > most || elements * dims[i] > most)
        throw std::runtime_error(where + " is larger than what is stored of it");
      elements *= dims[i];
    }
    std::vector<float> values(static_cast<std::size_t>(elements));
    if (elements > 0 && H5Dread(at, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
      throw std::runtime_error(where + " cannot be read");
    sink_(name_of(parent, path, leaf), shape, values);
  }

  std::string name_of(hid_t parent, const std::string& path, const std::string& leaf) const {
    if (path.ends_with("/vars/")) return numbered_name(parent, path, leaf);
    const std::string name = without_repetition(path + leaf);
    return name.find(':') == std::string::npos ? name + ":0" : name;
  }

  /// Keras 3 counts a layer's weights, and its layers by their kind; the layer's name is an attribute.
  std::string numbered_name(hid_t vars, const std::string& path, const std::string& leaf) const {
    const std::string place = path.substr(0, path.size() - std::string("/vars/").size());
    std::string layer = text_attribute(vars, "name");
    if (layer.empty())
      if (const auto known = layers_.find(place); known != layers_.end()) layer = known->second;
    if (layer.empty())
      throw std::runtime_error("it says of no layer what it is called ('" + place +
                               "'): save the model as .keras or .h5");
    H5G_info_t info;
    if (H5Gget_info(vars, &info) < 0) throw std::runtime_error("its group '" + path + "' cannot be read");
    std::vector<std::string> leaves = {"kernel", "bias"};
    if (last_of(place).starts_with("batch_normalization")) {
      leaves = {"beta", "moving_mean", "moving_variance"};
      if (info.nlinks == 4) leaves.insert(leaves.begin(), "gamma");
    }
    const bool known =
        leaf.size() == 1 && leaf[0] >= '0' && static_cast<std::size_t>(leaf[0] - '0') < leaves.size();
    return layer + "/" + (known ? leaves[static_cast<std::size_t>(leaf[0] - '0')] : leaf) + ":0";
  }

  const std::map<std::string, std::string>& layers_;
  const hdf5_sink& sink_;
  std::uint64_t links_ = 0;
};

}  // namespace

bool has_hdf5() { return true; }

void read_hdf5_tensors(std::span<const char> bytes, const std::map<std::string, std::string>& layers,
                       const hdf5_sink& sink) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors are ours to tell
  H5PLset_loading_state(0);                     // no filter is loaded because a file asks for it
  const handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "contents");
  if (H5Pset_fapl_core(access, std::size_t{1} << 20, 0) < 0 ||
      H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size()) < 0)
    throw std::runtime_error("it cannot be taken into memory");
  // A name that no file can have: one that exists would be refused.
  const handle file(H5Fopen("/dev/null/weights.h5", H5F_ACC_RDONLY, access), H5Fclose, "structure");
  // A whole model has its weights in a group of their own.
  const bool whole = has_link(file, "model_weights");
  const handle root(H5Gopen2(file, whole ? "/model_weights" : "/", H5P_DEFAULT), H5Gclose, "root");
  reader(layers, sink).group(root, "", 0);
}

}  // namespace aisle_command

#else

namespace aisle_command {

bool has_hdf5() { return false; }

void read_hdf5_tensors(std::span<const char>, const std::map<std::string, std::string>&, const hdf5_sink&) {
  throw std::runtime_error("this program was built without HDF5");
}

}  // namespace aisle_command

#endif
