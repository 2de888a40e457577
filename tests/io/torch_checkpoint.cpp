#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/io/checkpoint.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/io/torch_checkpoint.hpp>

#include "bytes.hpp"
#include "support/support.hpp"

using aisle::dtype;
using aisle::shape;
using bytes::contains;
using bytes::failure;
using bytes::of;

// A writer of both formats of torch.save, as small as the reader's tests need. Pickles are written opcode by
// opcode.
namespace {

std::string text(const std::string& s) { return "X" + of(static_cast<std::uint32_t>(s.size())) + s; }
std::string integer(std::int64_t v) {
  return std::string("\x8a\x08").append(of(v));  // LONG1 of 8 bytes
}
std::string tuple(const std::string& items) { return "(" + items + "t"; }
std::string integers(const std::vector<std::int64_t>& v) {
  std::string items;
  for (const auto i : v) items += integer(i);
  return tuple(items);
}
std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
std::string storage(const std::string& type, const std::string& key, std::int64_t count,
                    const std::string& view = "") {
  return tuple(text("storage") + global("torch", type) + text(key) + text("cpu") + integer(count) + view) +
         "Q";
}
std::string tensor(const std::string& stored, std::int64_t offset, const std::vector<std::int64_t>& dims,
                   const std::vector<std::int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple(stored + integer(offset) + integers(dims) + integers(strides) + "\x89" +
               global("collections", "OrderedDict") + ")R") +
         "R";
}
std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string out = global("collections", "OrderedDict") + ")R(";
  for (const auto& [key, value] : items) out += text(key) + value;
  return out + "u";
}
std::string pickle(const std::string& body) { return "\x80\x02" + body + "."; }

using storages = std::vector<std::pair<std::string, std::string>>;  // key and bytes

std::string zip_of(const storages& members, std::uint16_t method = 0) {
  std::string out, directory;
  for (const auto& [name, content] : members) {
    const auto size = static_cast<std::uint32_t>(content.size());
    const std::string fields = of(std::uint16_t{0}) + of(method) + of(std::uint32_t{0}) +
                               of(std::uint32_t{0}) + of(size) + of(size) +
                               of(static_cast<std::uint16_t>(name.size()));
    // As torch does: an extra field that moves the data to a multiple of 64.
    const std::size_t start = out.size() + 30 + name.size() + 4, padding = (64 - start % 64) % 64;
    directory += "PK\1\2" + of(std::uint16_t{0}) + of(std::uint16_t{0}) + fields + of(std::uint16_t{0}) +
                 of(std::uint16_t{0}) + of(std::uint16_t{0}) + of(std::uint16_t{0}) + of(std::uint32_t{0}) +
                 of(static_cast<std::uint32_t>(out.size())) + name;
    out += "PK\3\4" + of(std::uint16_t{0}) + fields + of(static_cast<std::uint16_t>(padding + 4)) + name +
           "FB" + of(static_cast<std::uint16_t>(padding)) + std::string(padding, 'Z') + content;
  }
  const auto count = static_cast<std::uint16_t>(members.size());
  const auto at = static_cast<std::uint32_t>(out.size()), size = static_cast<std::uint32_t>(directory.size());
  return out + directory + "PK\5\6" + of(std::uint32_t{0}) + of(count) + of(count) + of(size) + of(at) +
         of(std::uint16_t{0});
}

std::string zip_checkpoint(const std::string& body, const storages& data) {
  storages members = {{"archive/data.pkl", pickle(body)}, {"archive/byteorder", "little"}};
  for (const auto& [key, content] : data) members.emplace_back("archive/data/" + key, content);
  members.emplace_back("archive/version", "3\n");
  return zip_of(members);
}

std::string legacy_checkpoint(const std::string& body, const storages& data, std::size_t element = 4) {
  std::string out = std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15) +
                    pickle(std::string("M\xe9\x03")) + pickle("}(" + text("little_endian") + "\x88u") +
                    pickle(body);
  std::string keys = "](";
  for (const auto& [key, content] : data) keys += text(key);
  out += pickle(keys + "e");
  for (const auto& [key, content] : data) out += of(std::uint64_t{content.size() / element}) + content;
  return out;
}

const std::string floats = of(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7});

/// Opens the checkpoint in both formats and returns each one's result or error.
template <class F>
void in_both(const std::string& body, F&& check, const storages& data = {{"7", floats}}) {
  const support::temporary_folder dir;
  for (const bool legacy : {false, true}) {
    CAPTURE(legacy);
    const std::string path = dir / (legacy ? "old.pth" : "new.pth");
    bytes::put(path, legacy ? legacy_checkpoint(body, data) : zip_checkpoint(body, data));
    check(path);
  }
}

std::vector<float> values(const aisle::state_dict& d, const std::string& name) {
  const auto t = d.read_f32(name);
  return {t.data<float>().begin(), t.data<float>().end()};
}

const std::string whole = storage("FloatStorage", "7", 8);

}  // namespace

TEST_CASE("torch: tensors of one storage: whole, part, transposed, expanded, scalar, empty") {
  const std::string body = dict({{"whole", tensor(whole, 0, {2, 4}, {4, 1})},
                                 {"part", tensor(whole, 5, {3}, {1})},
                                 {"transposed", tensor(whole, 0, {4, 2}, {1, 4})},
                                 {"step", tensor(whole, 1, {3}, {2})},
                                 {"expanded", tensor(whole, 3, {2, 2}, {0, 1})},
                                 {"one", tensor(whole, 0, {1, 8}, {99, 1})},
                                 {"scalar", tensor(whole, 6, {}, {})},
                                 {"empty", tensor(whole, 0, {0, 4}, {4, 1})},
                                 {"parameter", global("torch._utils", "_rebuild_parameter") +
                                                   tuple(tensor(whole, 0, {2}, {1}) + "\x88" + "N") + "R"},
                                 {"number", integer(5)},
                                 {"a", "N"}});
  in_both(body, [](const std::string& path) {
    const auto d = aisle::read_torch_checkpoint(path);
    CHECK(d.size() == 9);
    CHECK(d.find("whole")->dims == shape{2, 4});
    CHECK(values(d, "whole") == std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(values(d, "part") == std::vector<float>{5, 6, 7});
    CHECK(values(d, "transposed") == std::vector<float>{0, 4, 1, 5, 2, 6, 3, 7});
    CHECK(values(d, "step") == std::vector<float>{1, 3, 5});
    CHECK(values(d, "expanded") == std::vector<float>{3, 4, 3, 4});
    CHECK(d.find("one")->strides.empty());
    CHECK(values(d, "one").size() == 8);
    CHECK(values(d, "scalar") == std::vector<float>{6});
    CHECK(values(d, "empty").empty());
    CHECK(values(d, "parameter") == std::vector<float>{0, 1});
    const auto shared = d.share("whole"), gathered = d.share("transposed");
    CHECK(shared.bytes().size() == 32);
    CHECK(gathered.data<float>()[1] == 4);
  });
}

TEST_CASE("torch: element types") {
  const support::temporary_folder dir;
  const std::string path = dir / "x.bin";
  const std::string body = dict({{"h", tensor(storage("HalfStorage", "0", 2), 0, {2}, {1})},
                                 {"b", tensor(storage("BFloat16Storage", "1", 1), 0, {1}, {1})},
                                 {"d", tensor(storage("DoubleStorage", "2", 1), 0, {1}, {1})},
                                 {"l", tensor(storage("LongStorage", "3", 2), 0, {2, 1}, {1, 1})},
                                 {"c", tensor(storage("ComplexFloatStorage", "2", 1), 0, {1}, {1})}});
  bytes::put(path, zip_checkpoint(body, {{"0", of(std::vector<std::uint16_t>{0x3C00, 0xC000})},
                                         {"1", of(std::uint16_t{0x4040})},
                                         {"2", of(0.25)},
                                         {"3", of(std::vector<std::int64_t>{-1, 9})}}));
  const auto d = aisle::read_torch_checkpoint(path);
  CHECK(d.find("h")->type == dtype::f16);
  CHECK(values(d, "h") == std::vector<float>{1, -2});
  CHECK(values(d, "b") == std::vector<float>{3});
  CHECK(values(d, "d") == std::vector<float>{0.25f});
  const auto l = d.read("l");
  CHECK(l.data<std::int64_t>()[1] == 9);
  CHECK(contains(failure([&] { d.read("c"); }), "'c' cannot be read: stored as torch.ComplexFloatStorage"));
}

TEST_CASE("torch: wrapped weights and prefixes") {
  const std::string t = tensor(whole, 0, {8}, {1});
  const auto names = [](const std::string& body) {
    std::string out;
    in_both(body, [&](const std::string& path) {
      out.clear();
      const auto d = aisle::read_torch_checkpoint(path);
      for (const auto& e : d.entries()) out += e.name + " ";
    });
    return out;
  };
  CHECK(names(dict({{"state_dict", dict({{"a", t}})}, {"optimizer", dict({{"x", t}})}})) == "a ");
  CHECK(names(dict({{"epoch", integer(3)}, {"model", dict({{"module.a", t}, {"module.b", t}})}})) == "a b ");
  CHECK(names(dict({{"module.a", t}, {"b", t}})) == "module.a b ");
  CHECK(names(dict({{"what", dict({{"a", t}})}})) == "a ");
  CHECK(names(dict({{"a", t}, {"b", t}, {"a", t}})) == "a b ");
  CHECK(names(dict({{"args", global("argparse", "Namespace") + ")\x81}" + text("lr") + "K\x01sb"},
                    {"model", dict({{"a", t}})}})) == "a ");
  in_both(dict({{"x", dict({{"a", t}})}, {"y", dict({{"a", t}})}}), [](const std::string& path) {
    CHECK(contains(failure([&] { aisle::read_torch_checkpoint(path); }),
                   "several dicts of tensors, under the keys x, y"));
    const auto y = aisle::read_torch_container(path, "y");
    CHECK(y.size() == 1);
    CHECK(y.wrapped_in().container == "y");
    CHECK(contains(failure([&] { aisle::read_torch_container(path, "z"); }), "under the key 'z'"));
  });
  // A student and its teacher, whose weights are wrapped once more.
  in_both(dict({{"student", dict({{"module.b", t}})}, {"teacher", dict({{"model", dict({{"a", t}})}})}}),
          [](const std::string& path) {
            const auto d = aisle::read_torch_container(path, "teacher");
            REQUIRE(d.size() == 1);
            CHECK(d.contains("a"));
            CHECK(d.wrapped_in().container == "teacher.model");
          });
  // What it says that it is.
  in_both(dict({{"arch", text("resnet18")}, {"state_dict", dict({{"a", t}})}}), [](const std::string& path) {
    CHECK(aisle::read_torch_checkpoint(path).metadata().at("arch") == "resnet18");
  });
  in_both(dict({{"epoch", integer(3)}}),
          [](const std::string& path) {
            CHECK(contains(failure([&] { aisle::read_torch_checkpoint(path); }),
                           "no dict of tensors; its keys are: epoch"));
          },
          {});
}

TEST_CASE("torch: what was chosen of a file with several weights") {
  const std::string t = tensor(whole, 0, {8}, {1});
  using list = std::vector<std::string>;
  const auto check = [](const std::string& body, const std::string& names, const std::string& container,
                        const list& passed_over = {}, const std::string& prefix = "") {
    in_both(body, [&](const std::string& path) {
      const auto d = aisle::read_torch_checkpoint(path);
      std::string found;
      for (const auto& e : d.entries()) found += e.name + " ";
      CHECK(found == names);
      CHECK(d.wrapped_in().container == container);
      CHECK(d.wrapped_in().passed_over == passed_over);
      CHECK(d.wrapped_in().prefix == prefix);
    });
  };
  const std::string plain = dict({{"a", t}}), average = dict({{"module.e", t}});
  check(plain, "a ", "");
  check(dict({{"state_dict", plain}}), "a ", "state_dict");
  // timm's order: running averages first.
  check(dict({{"state_dict", plain}, {"state_dict_ema", average}, {"optimizer", plain}}), "e ",
        "state_dict_ema", {"state_dict"}, "module.");
  check(dict({{"model", plain}, {"model_ema", average}}), "e ", "model_ema", {"model"}, "module.");
  check(dict({{"params", plain}, {"params_ema", average}}), "e ", "params_ema", {"params"}, "module.");
  // Other names of the same.
  check(dict({{"model_state_dict", plain}, {"model_ema_state_dict", average}, {"epoch", integer(1)}}), "e ",
        "model_ema_state_dict", {"model_state_dict"}, "module.");
  for (const char* name : {"ema_model", "averaged_model", "swa_model", "avg_state_dict", "net_ema", "G.EMA"})
    check(dict({{name, average}, {"model", plain}}), "e ", name, {"model"}, "module.");
  check(dict({{"G", plain}, {"G_ema", average}}), "e ", "G_ema", {"G"}, "module.");
  check(dict({{"model", dict({{"a", plain}, {"a_ema", average}})}}), "e ", "model.a_ema", {"model.a"},
        "module.");
  // Weights of something else are named, too; a word within another speaks of nothing.
  check(dict({{"model", plain}, {"discriminator", average}, {"schema", integer(1)}}), "a ", "model",
        {"discriminator"});
  check(dict({{"model", plain}, {"emanate", average}}), "a ", "model", {"emanate"});
  // Of a key that is given twice the last counts, as in a dict.
  check(dict({{"model", average}, {"model", plain}}), "a ", "model");
  // Averages that were not kept: None, or an empty dict.
  check(dict({{"state_dict_ema", "N"}, {"state_dict", plain}}), "a ", "state_dict");
  check(dict({{"state_dict_ema", dict({})}, {"state_dict", plain}}), "a ", "state_dict");
  check(dict({{"checkpoint", integer(1)}, {"model", dict({{"state_dict", plain}})}}), "a ",
        "model.state_dict");
  // A tensor beside the weights is no reason to take it for them.
  check(dict({{"epoch", t}, {"state_dict", plain}}), "a ", "state_dict");
  check(dict({{"what", plain}}), "a ", "what");
  // Both wrappers, in either order.
  check(dict({{"module._orig_mod.a", t}}), "a ", "", {}, "module._orig_mod.");
  check(dict({{"_orig_mod.module.a", t}}), "a ", "", {}, "_orig_mod.module.");
  // What Lightning keeps beside.
  const std::string parameters =
      global("pytorch_lightning.utilities.parsing", "AttributeDict") + ")\x81}" + text("lr") + "K\x01sb";
  check(dict({{"hyper_parameters", parameters}, {"state_dict", dict({{"model.a", t}})}}), "model.a ",
        "state_dict");
}

TEST_CASE("torch: nothing but tensors is built") {
  const auto error = [](const std::string& body) {
    std::string out;
    in_both(body,
            [&](const std::string& path) { out = failure([&] { aisle::read_torch_checkpoint(path); }); });
    return out;
  };
  const std::string t = tensor(whole, 0, {8}, {1});
  CHECK(contains(error(global("os", "system") + tuple(text("true")) + "R"), "names 'os.system'"));
  CHECK(contains(error(global("posix", "system") + tuple(text("true")) + "R"), "names 'posix.system'"));
  CHECK(contains(error(text("builtins") + text("eval") + "\x93"), "names 'builtins.eval'"));
  CHECK(contains(error(global("torch", "load") + ")R"), "names 'torch.load'"));
  CHECK(contains(error(global("torch.hub", "float32") + ")R"), "names 'torch.hub.float32'"));
  CHECK(contains(error(global("torch", "float32") + ")R"), "calls 'torch.float32'"));
  CHECK(contains(error(global("numpy.core.multiarray", "_reconstruct")),
                 "names 'numpy.core.multiarray._reconstruct'"));
  CHECK(contains(error("(" + global("os", "system") + "o"), "names 'os.system'"));
  CHECK(contains(error("(ios\nsystem\n"), "instruction 105"));
  CHECK(contains(error("\x82\x01"), "instruction 130"));  // EXT1
  CHECK(contains(error(tuple(text("module") + "N") + "Q"), "persistent id 'module'"));
}

TEST_CASE("torch: tensors outside of their storage") {
  const auto error = [](const std::string& t) {
    std::string out;
    in_both(dict({{"t", t}}),
            [&](const std::string& path) { out = failure([&] { aisle::read_torch_checkpoint(path); }); });
    return out;
  };
  CHECK(contains(error(tensor(whole, 0, {9}, {1})), "needs elements 0 to 9 of a storage of 8"));
  CHECK(contains(error(tensor(whole, 1, {2, 4}, {4, 1})), "needs elements 1 to 9"));
  CHECK(contains(error(tensor(whole, 0, {2}, {8})), "needs elements 0 to 9"));
  CHECK(contains(error(tensor(whole, -1, {1}, {1})), "of -1"));
  CHECK(contains(error(tensor(whole, 0, {-1}, {1})), "of -1"));
  CHECK(contains(error(tensor(whole, 0, {2}, {-1})), "of -1"));
  CHECK(contains(error(tensor(whole, 0, {2}, {1, 1})), "1 sizes and 2 strides"));
  CHECK(contains(error(tensor(whole, 0, {std::int64_t{1} << 62, 8}, {0, 0})), "overflow"));
  CHECK(contains(error(tensor(whole, 0, {3}, {std::int64_t{1} << 62})), "overflow"));
  CHECK(contains(error(tensor(whole, 0, {std::int64_t{1} << 40}, {0})), "repeats its elements"));
  CHECK(contains(error(tensor(whole, std::int64_t{1} << 62, {2}, {1})), "of a storage of 8"));
  CHECK(contains(error(tensor(storage("FloatStorage", "7", 9), 0, {1}, {1})), "36"));
  CHECK(error(tensor(storage("FloatStorage", "8", 8), 0, {1}, {1})) != "no error");
  CHECK(error(global("torch._utils", "_rebuild_tensor_v2") + ")R") != "no error");
}

TEST_CASE("torch: damaged pickles") {
  const auto error = [](const std::string& body) {
    std::string out;
    in_both(body,
            [&](const std::string& path) { out = failure([&] { aisle::read_torch_checkpoint(path); }); }, {});
    return out;
  };
  CHECK(contains(error("h\x07"), "has not stored"));
  CHECK(contains(error("t"), "no mark"));
  CHECK(contains(error("(0"
                       "0"),
                 "empty stack"));
  CHECK(contains(error("}K\x01s"), "empty stack"));
  CHECK(contains(error("](" + integer(1) + "u"), "no dict"));
  CHECK(contains(error("}(" + integer(1) + "u"), "key without a value"));
  CHECK(contains(error("]q\x01h\x01"
                       "a"),
                 "no dict of tensors"));  // a list that contains itself
  CHECK(contains(error("}q\x01" + text("model") + "h\x01s"), "no dict of tensors"));
  CHECK(contains(error("X\xff\xff\xff\xff"), "cut off"));
  std::string bomb = "](";
  for (int i = 0; i < 2000; ++i) bomb += "N";
  bomb += "eq\x01";
  for (int i = 0; i < 10'000; ++i) bomb += global("torch", "Size") + "h\x01\x85R";
  CHECK(contains(error(bomb), "more than 16777216 items"));
}

TEST_CASE("torch: pickles that are small and ask for much") {
  const auto error = [](const std::string& body) {
    std::string out;
    in_both(body,
            [&](const std::string& path) { out = failure([&] { aisle::read_torch_checkpoint(path); }); }, {});
    return out;
  };
  const auto times = [](std::size_t n, const std::string& what) {
    std::string out;
    out.reserve(n * what.size());
    for (std::size_t i = 0; i < n; ++i) out += what;
    return out;
  };
  // Each of these fills memory by an instruction of one or two bytes.
  CHECK(contains(error("N" + times(5'000'000, "\x94")), "more than 16777216 items"));
  CHECK(contains(error("N" + times(17'000'000, "2")), "more than 16777216 items"));
  CHECK(contains(error(times(17'000'000, "(")), "more than 16777216 items"));
  CHECK(contains(error("Nq\x01" + times(17'000'000, "h\x01")), "more than 16777216 items"));
  // And each of these makes much to be gone through of what many values share: it would take minutes.
  const std::string sizes = "(" + times(1'000'000, "K\x01") + "t";
  CHECK(contains(error(dict({{"a", global("torch._utils", "_rebuild_tensor_v2") + "(" + whole + integer(0) +
                                       sizes + "2tR"}})),
                 "1000000 dimensions"));
  const std::string wide = "}q\x01(" + times(300'000, "NN") + "u0";
  CHECK(contains(error(wide + "}(" + times(500'000, "Nh\x01") + "u"), "no dict of tensors"));
  CHECK(contains(error(dict({{std::string(5000, 'n'), tensor(whole, 0, {8}, {1})}})), "5000 bytes"));
  CHECK(contains(error(dict({{"a", tensor(storage("FloatStorage", std::string(300, '7'), 8), 0, {8}, {1})}})),
                 "more than 200 bytes"));
  CHECK(contains(error(global("torch.storage", std::string(300, 'x') + "Storage")), "more than 200 bytes"));
}

TEST_CASE("torch: what is no checkpoint") {
  const support::temporary_folder dir;
  const auto error = [&](const std::string& content) {
    bytes::put(dir / "x.pth", content);
    return failure([&] { aisle::read_torch_checkpoint(dir / "x.pth"); });
  };
  CHECK(contains(error(""), "too short"));
  CHECK(contains(error("<html>"), "neither a zip archive nor a pickle"));
  CHECK(contains(error(pickle("}")), "no PyTorch checkpoint"));
  CHECK(contains(error(zip_of({{"a.txt", "x"}})), "without data.pkl"));
  CHECK(contains(error(zip_of({{"archive/data.pkl", pickle("}")}}, 8)), "compressed (method 8)"));
  CHECK(contains(error(zip_of({{"a/data.pkl", pickle("}")}, {"a/byteorder", "big"}})), "big-endian"));
  CHECK(contains(error(zip_of({{"a/data.pkl", pickle("}")}, {"a/constants.pkl", ""}})), "TorchScript"));
  CHECK(contains(error(zip_of({{"a/data.pkl", pickle("}")}, {"a/data.pkl", ""}})), "two members"));
}

TEST_CASE("torch: damaged files") {
  const support::temporary_folder dir;
  const std::string body =
      dict({{"a", tensor(whole, 0, {2, 4}, {4, 1})}, {"b", tensor(whole, 0, {4, 2}, {1, 4})}});
  for (const bool legacy : {false, true}) {
    const std::string content =
        legacy ? legacy_checkpoint(body, {{"7", floats}}) : zip_checkpoint(body, {{"7", floats}});
    bytes::check_truncations(content, dir / "x.pth", aisle::read_torch_checkpoint);
    bytes::check_flips(content, content.size(), dir / "x.pth", aisle::read_torch_checkpoint);
  }
}

TEST_CASE("torch: the old EfficientNet-Lite0 checkpoint holds the tensors of the new one") {
  const std::string old_path = support::shared("weights/efficientnet-lite0/efficientnet-lite0-57934424.pth");
  const std::string new_path = support::shared("weights/efficientnet-lite0/model.safetensors");
  if (old_path.empty() || new_path.empty()) return;
  const auto a = aisle::load_checkpoint(old_path), b = aisle::load_checkpoint(new_path);
  // The two name their tensors differently: compare shapes and values, in any order.
  const auto contents = [](const aisle::state_dict& d) {
    std::vector<std::string> out;
    for (const auto& e : d.entries()) {
      if (e.type != dtype::f32) continue;
      const auto t = d.read(e.name);
      out.push_back(to_string(e.dims) +
                    std::string(reinterpret_cast<const char*>(t.bytes().data()), t.bytes().size()));
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  const auto x = contents(a), y = contents(b);
  CHECK(x.size() == 247);
  CHECK(x == y);
}

TEST_CASE("checkpoint: the file of a folder") {
  const support::temporary_folder dir;
  const std::string body = dict({{"t", tensor(whole, 0, {8}, {1})}});
  const auto loaded = [&] { return aisle::load_checkpoint(dir.path()).path().substr(dir.path().size() + 1); };
  CHECK(contains(failure([&] { loaded(); }), "holds no checkpoint"));
  bytes::put(dir / "a.pth", legacy_checkpoint(body, {{"7", floats}}));
  CHECK(loaded() == "a.pth");
  bytes::put(dir / "x.bin", zip_checkpoint(body, {{"7", floats}}));
  CHECK(loaded() == "x.bin");
  bytes::put(dir / "y.bin", "");
  CHECK(contains(failure([&] { loaded(); }), "holds 2 files *.bin ('x.bin', 'y.bin'"));
  bytes::put(dir / "pytorch_model.bin.index.json", R"({"weight_map":{"t":"x.bin"}})");
  CHECK(loaded() == "pytorch_model.bin.index.json");
  CHECK(values(aisle::load_checkpoint(dir.path()), "t").size() == 8);
  const std::vector<aisle::named_tensor> tensors = {{"t", aisle::tensor(dtype::f32, {2})}};
  aisle::write_safetensors(dir / "z.safetensors", tensors);
  CHECK(loaded() == "z.safetensors");
  aisle::write_safetensors(dir / "model.safetensors", tensors);
  CHECK(loaded() == "model.safetensors");
  bytes::put(dir / "lfs.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 90868376\n");
  CHECK(contains(failure([&] { aisle::load_checkpoint(dir / "lfs.bin"); }), "lfs.bin: is a Git LFS pointer"));
  const auto loading = [&](const std::string& content) {
    bytes::put(dir / "lfs.bin", content);
    return failure([&] { aisle::load_checkpoint(dir / "lfs.bin"); });
  };
  for (const char* page : {"<!DOCTYPE html>\n<html>", "\n  <HTML lang=\"en\">", "\xEF\xBB\xBF<!doctype html>",
                           "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C\">",
                           "<!-- saved -->\n<head><title>x</title>"})
    CHECK(contains(loading(page), "lfs.bin: is a web page (HTML), not a checkpoint: was the link to"));
  CHECK(contains(loading("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"),
                 "is an XML document, not a checkpoint: it starts '<?xml"));
  CHECK(contains(loading("{\"error\": \"Repository not found\"}\n"),
                 "is JSON, not a checkpoint: it starts '{\"error\": \"Repository not found\"}'"));
  CHECK(contains(loading("Entry not found"), "is a text, not a checkpoint: it starts 'Entry not found'"));
  CHECK(contains(loading(""), "is empty"));
  CHECK(contains(loading(std::string("\x1f\x8b\x08\0", 4)), "is gzip data: unpack it first"));
  CHECK(contains(loading(std::string("\x89PNG\r\n\x1a\n\0", 9)), "is a PNG image, not a checkpoint"));
  CHECK(contains(loading(std::string("PAR1\0", 5)), "is a Parquet file, not a checkpoint"));
  CHECK(contains(loading(std::string("\x89HDF\r\n\x1a\n\0", 9)), "is an HDF5 file; expected safetensors"));
  CHECK(contains(loading(std::string("\x89HDF\r\n\x1a\n\0", 9)), "`aisle weights convert`"));
  CHECK(contains(loading(std::string("GGUF\3\0\0\0", 8)), "is a GGUF file; expected safetensors"));
  CHECK(contains(loading("\x08\x0a\x12\x07pytorch\x1a\x06"), "is an ONNX model; expected safetensors"));
  CHECK(contains(loading("%PDF-1.7\n"), "is a PDF document, not a checkpoint"));
  CHECK(contains(loading(std::string("BZh91AY\0", 8)), "is a bzip2 file: unpack it first"));
  // The length of a safetensors header may look like any of them.
  for (const std::uint64_t length : {0x8b1fU, 0xfeffU}) {
    std::string header = R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", content;
    header.resize(length, ' ');
    for (int i = 0; i < 8; ++i) content += static_cast<char>(length >> (8 * i) & 255);
    bytes::put(dir / "long.safetensors", content + header + std::string(8, '\0'));
    CHECK(aisle::load_checkpoint(dir / "long.safetensors").size() == 1);
  }
  const std::string zip = zip_checkpoint(body, {{"7", floats}});
  for (const std::size_t length : {zip.size() / 2, zip.size() - 1})
    CHECK(contains(loading(zip.substr(0, length)), "cut off"));
  // By content, whatever the name says.
  aisle::write_safetensors(dir / "s.pth", tensors, {{"pad", std::string(41, 'x')}});
  CHECK(aisle::read_file(dir / "s.pth").front() == '\x80');
  CHECK(aisle::load_checkpoint(dir / "s.pth").size() == 1);
}
