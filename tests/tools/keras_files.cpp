// aisle weights convert: files of Keras.

#include <doctest/doctest.h>

#include "command.hpp"

#if AISLE_HDF5
#include <hdf5.h>
#endif

TEST_CASE("a file that says it is HDF5 and is not is refused, whatever the program was built with") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  aisle::write_file(work / "w.h5", std::string("\x89HDF\r\n\x1a\n", 8) + std::string(500, 'x'));
  const auto r = command::run(work, "weights convert w.h5 out.safetensors");
  CHECK(r.code == 1);
  CHECK(command::has(r.err, "w.h5: is "));
  CHECK(command::has(r.err, "HDF5"));
  CHECK_FALSE(aisle::file_exists(work / "out.safetensors"));
}

#if AISLE_HDF5

namespace {

/// Creates an object of HDF5's, and the groups on the way to it.
class writer {
 public:
  explicit writer(const std::string& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)),
        between_(H5Pcreate(H5P_LINK_CREATE)) {
    H5Pset_create_intermediate_group(between_, 1);
  }
  writer(const writer&) = delete;
  ~writer() {
    H5Pclose(between_);
    H5Fclose(file_);
  }
  void dataset(const std::string& path, const aisle::tensor& t, bool packed = false) {
    std::vector<hsize_t> dims;
    for (const std::int64_t d : t.dims().dims()) dims.push_back(static_cast<hsize_t>(d));
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
                how = H5Pcreate(H5P_DATASET_CREATE);
    if (packed) {
      H5Pset_chunk(how, static_cast<int>(dims.size()), dims.data());
      H5Pset_deflate(how, 6);
    }
    const hid_t set = H5Dcreate2(file_, path.c_str(), H5T_IEEE_F32LE, space, between_, how, H5P_DEFAULT);
    CHECK(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, t.data<float>().data()) >= 0);
    H5Dclose(set);
    H5Pclose(how);
    H5Sclose(space);
  }
  void text(const std::string& group, const char* name, const std::string& value) {
    const hid_t at = H5Gopen2(file_, group.c_str(), H5P_DEFAULT), type = H5Tcopy(H5T_C_S1),
                space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    const hid_t attribute = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const char* bytes = value.c_str();
    CHECK(H5Awrite(attribute, type, &bytes) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    H5Gclose(at);
  }
  void link(const std::string& path, const std::string& to, bool external) {
    CHECK((external
               ? H5Lcreate_external("/etc/hostname", to.c_str(), file_, path.c_str(), between_, H5P_DEFAULT)
               : H5Lcreate_soft(to.c_str(), file_, path.c_str(), between_, H5P_DEFAULT)) >= 0);
  }
  /// A dataset whose elements nobody has written.
  void claim(const std::string& path, hsize_t elements) {
    const hsize_t chunk = 1024;
    const hid_t space = H5Screate_simple(1, &elements, nullptr), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, 1, &chunk);
    H5Dclose(H5Dcreate2(file_, path.c_str(), H5T_IEEE_F32LE, space, between_, how, H5P_DEFAULT));
    H5Pclose(how);
    H5Sclose(space);
  }

 private:
  hid_t file_, between_;
};

aisle::state_dict tiny() {
  return replay::generate(aisle::read_json(support::data("models/tiny/tiny_resnet.keras.json")));
}

std::string layer_of(const std::string& name) { return name.substr(0, name.find('/')); }

/// As Keras 2 writes them: the layer's group, and the weight's own name in it.
void write_groups(writer& to, const std::string& root, bool packed = false) {
  const auto all = tiny();
  for (const auto& e : all.entries())
    to.dataset(root + layer_of(e.name) + "/" + e.name, all.read(e.name), packed);
}

void check_tiny(const support::temporary_folder& work, const std::string& file) {
  CAPTURE(file);
  const auto r = command::run(work, "weights convert " + file + " out.safetensors");
  CAPTURE(r.err);
  CHECK(r.code == 0);
  const auto expected = tiny(), found = aisle::read_safetensors(work / "out.safetensors");
  CHECK(found.size() == expected.size());
  CHECK(found.metadata().at("preset") ==
        "keras_caffe");  // keras.applications' ResNet wants BGR without its mean
  for (const auto& e : expected.entries()) {
    REQUIRE(found.contains(e.name));
    CHECK(found.at(e.name).dims == e.dims);
    const aisle::tensor a = found.read(e.name), b = expected.read(e.name);
    CHECK(std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), b.bytes().end()));
  }
  const auto checked = command::run(work, "weights check out.safetensors");
  CHECK(checked.code == 0);
  CHECK(command::has(checked.out, "resnet, names as keras"));
}

}  // namespace

TEST_CASE("weights convert: what Keras 2 writes, weights alone or a whole model, packed or not") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  {
    writer weights(work / "weights.h5"), whole(work / "model.h5"), packed(work / "packed.h5");
    write_groups(weights, "");
    write_groups(whole, "model_weights/");
    whole.dataset("optimizer_weights/adam/m:0", aisle::tensor(aisle::dtype::f32, {3}));
    write_groups(packed, "", true);
  }
  for (const char* file : {"weights.h5", "model.h5", "packed.h5"}) check_tiny(work, file);
}

TEST_CASE("weights convert: what Keras 3 writes, by number, with the layers' names beside") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto write = [&](const char* file, bool named) {
    writer to(work / file);
    const auto all = tiny();
    std::map<std::string, int> kinds, weights;
    std::map<std::string, std::string> places;
    for (const auto& e : all.entries()) {
      const std::string layer = layer_of(e.name);
      if (!places.contains(layer)) {
        const std::string kind = layer.ends_with("bn")     ? "batch_normalization"
                                 : layer.ends_with("conv") ? "conv2d"
                                                           : "dense";
        const int number = kinds[kind]++;
        places[layer] = "layers/" + kind + (number > 0 ? "_" + std::to_string(number) : "") + "/vars";
      }
      to.dataset(places[layer] + "/" + std::to_string(weights[layer]++), all.read(e.name));
    }
    if (named)
      for (const auto& [layer, place] : places) to.text(place, "name", layer);
  };
  write("named.weights.h5", true);
  check_tiny(work, "named.weights.h5");
  write("nameless.weights.h5", false);
  const auto r = command::run(work, "weights convert nameless.weights.h5 none.safetensors");
  CHECK(r.code == 1);
  CHECK(command::has(r.err, "save the model as .keras or .h5"));
  CHECK_FALSE(aisle::file_exists(work / "none.safetensors"));
}

TEST_CASE("weights convert: links to other files, and sizes that are only claimed") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto refused = [&](const char* message, auto write) {
    {
      writer to(work / "w.h5");
      to.dataset("conv1_conv/kernel:0", aisle::tensor(aisle::dtype::f32, {2, 2}));
      write(to);
    }
    const auto r = command::run(work, "weights convert w.h5 out.safetensors");
    CAPTURE(r.err);
    CHECK(r.code == 1);
    CHECK(command::has(r.err, message));
    CHECK_FALSE(aisle::file_exists(work / "out.safetensors"));
  };
  refused("is a link to elsewhere", [](writer& w) { w.link("other", "/secret", true); });
  refused("is a link to elsewhere", [](writer& w) { w.link("soft", "/conv1_conv", false); });
  refused("is larger than what is stored", [](writer& w) { w.claim("huge", hsize_t{1} << 40); });
}

TEST_CASE("weights convert: a file that is cut or has flipped bits is read or refused, and kills nothing") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  {
    writer to(work / "whole.h5");
    write_groups(to, "");
  }
  const std::string whole = aisle::read_file(work / "whole.h5");
  aisle::random_generator random(7);
  int refused = 0, wrong = 0;
  for (int i = 0; i < 160; ++i) {
    std::string bytes = whole;
    if (i % 4 == 0)
      bytes.resize(static_cast<std::size_t>(random.uniform(0, 1) * static_cast<double>(whole.size())));
    else
      for (int flip = 0; flip <= i % 5; ++flip) {
        const double span =
            static_cast<double>(i % 2 ? std::min<std::size_t>(whole.size(), 20000) : whole.size());
        bytes[static_cast<std::size_t>(random.uniform(0, 1) * span)] ^= static_cast<char>(1 << (i % 8));
      }
    aisle::write_file(work / "w.h5", bytes);
    const auto r = command::run(work, "weights convert w.h5 out.safetensors");
    const bool made = std::filesystem::remove(work / "out.safetensors");
    const bool said = r.code == 1 && command::has(r.err, "w.h5: ");
    wrong += r.code == 0 ? !made : made || !said;
    refused += r.code != 0;
  }
  CHECK(wrong == 0);
  CHECK(refused > 40);
}

#endif
