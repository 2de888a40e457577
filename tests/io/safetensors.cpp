#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/ranges.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>

#include "bytes.hpp"
#include "support/support.hpp"

using aisle::dtype;
using aisle::shape;
using aisle::tensor;
using bytes::contains;
using bytes::failure;

namespace {

std::string file_of(const std::string& header, const std::string& data) {
  return bytes::of(std::uint64_t{header.size()}) + header + data;
}

std::vector<float> floats(const tensor& t) { return {t.data<float>().begin(), t.data<float>().end()}; }

template <class T>
tensor tensor_of(dtype type, shape dims, std::vector<T> values) {
  tensor t(type, dims);
  REQUIRE(t.mutable_bytes().size() == values.size() * sizeof(T));
  std::memcpy(t.mutable_bytes().data(), values.data(), t.mutable_bytes().size());
  return t;
}

std::string tried(const support::temporary_folder& dir, const std::string& header, const std::string& data) {
  const std::string path = dir / "x.safetensors";
  bytes::put(path, file_of(header, data));
  return failure([&] { aisle::read_safetensors(path); });
}

}  // namespace

TEST_CASE("safetensors: write and read every type") {
  const support::temporary_folder dir;
  const std::string path = dir / "all.safetensors";
  std::vector<aisle::named_tensor> tensors;
  tensors.push_back({"f32", tensor_of<float>(dtype::f32, {2, 3}, {1, -2, 3.5f, 4, 5, 6})});
  tensors.push_back({"f64", tensor_of<double>(dtype::f64, {2}, {0.1, -1e300})});
  tensors.push_back({"f16", tensor_of<std::uint16_t>(dtype::f16, {3}, {0x3C00, 0xC000, 0x0001})});
  tensors.push_back({"bf16", tensor_of<std::uint16_t>(dtype::bf16, {2}, {0x3F80, 0xC040})});
  tensors.push_back({"i8", tensor_of<std::int8_t>(dtype::i8, {3}, {-128, 0, 127})});
  tensors.push_back({"u8", tensor_of<std::uint8_t>(dtype::u8, {1}, {255})});
  tensors.push_back({"i16", tensor_of<std::int16_t>(dtype::i16, {1}, {-300})});
  tensors.push_back({"i32", tensor_of<std::int32_t>(dtype::i32, {1}, {-70000})});
  tensors.push_back({"i64", tensor_of<std::int64_t>(dtype::i64, {}, {1 << 20})});
  tensors.push_back({"bool", tensor_of<std::uint8_t>(dtype::boolean, {2}, {0, 1})});
  tensors.push_back({"empty", tensor(dtype::f32, {0, 4})});
  aisle::write_safetensors(path, tensors, {{"b", "2"}, {"a", "\"1\"\n"}});

  const auto d = aisle::read_safetensors(path);
  CHECK(d.size() == tensors.size());
  CHECK(d.metadata() == std::map<std::string, std::string>{{"a", "\"1\"\n"}, {"b", "2"}});
  for (const auto& t : tensors) {
    const auto back = d.read(t.name);
    const auto shared = d.share(t.name);
    CHECK(back.type() == t.value.type());
    CHECK(back.dims() == t.value.dims());
    CHECK(reinterpret_cast<std::uintptr_t>(back.bytes().data()) % size_of(back.type()) == 0);
    CHECK(aisle::ranges::equal(back.bytes(), t.value.bytes()));
    CHECK(aisle::ranges::equal(shared.bytes(), t.value.bytes()));
  }
  const auto f32 = [&](const char* name) {
    const auto t = d.read_f32(name);
    return std::vector<float>(t.data<float>().begin(), t.data<float>().end());
  };
  CHECK(f32("f32") == std::vector<float>{1, -2, 3.5f, 4, 5, 6});
  CHECK(f32("f64") == std::vector<float>{0.1f, -std::numeric_limits<float>::infinity()});
  CHECK(f32("f16") == std::vector<float>{1, -2, 0x1p-24f});
  CHECK(f32("bf16") == std::vector<float>{1, -3});
  CHECK(f32("i8") == std::vector<float>{-128, 0, 127});
  CHECK(f32("i64") == std::vector<float>{1 << 20});
  CHECK(f32("bool") == std::vector<float>{0, 1});
  CHECK(f32("empty").empty());

  // The bytes depend on the content alone, and the header ends on 8 bytes.
  const std::string first = aisle::read_file(path);
  std::reverse(tensors.begin(), tensors.end());
  aisle::write_safetensors(path, tensors, {{"a", "\"1\"\n"}, {"b", "2"}});
  CHECK(aisle::read_file(path) == first);
  CHECK(static_cast<unsigned char>(first[0]) % 8 == 0);
  CHECK(d.entries().front().name == "i64");
}

TEST_CASE("safetensors: the bytes of the reference") {
  const support::temporary_folder dir;
  // safetensors.serialize({"b": f32 [2], "a": u8 [1]}, {"k": "v"})
  const std::string header =
      R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})";
  const std::vector<aisle::named_tensor> tensors = {{"a", tensor_of<std::uint8_t>(dtype::u8, {1}, {7})},
                                                    {"b", tensor_of<float>(dtype::f32, {2}, {1, 2})}};
  aisle::write_safetensors(dir / "x", tensors, {{"k", "v"}});
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  CHECK(aisle::read_file(dir / "x") == file_of(padded, bytes::of(std::vector<float>{1, 2}) + "\x07"));
}

TEST_CASE("safetensors: unaligned data is read") {
  const support::temporary_folder dir;
  const std::string header =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],)"
      R"("data_offsets":[1,9]}})";
  bytes::put(dir / "x", file_of(header, std::string(1, 1).append(bytes::of(std::vector<float>{1.5f, -2}))));
  const auto d = aisle::read_safetensors(dir / "x");
  CHECK(floats(d.read("b")) == std::vector<float>{1.5f, -2});
  CHECK(floats(d.read_f32("b")) == std::vector<float>{1.5f, -2});
  const auto shared = d.share("b");
  CHECK(shared.bytes().size() == 8);
  CHECK(floats(aisle::tensor(shared)) == std::vector<float>{1.5f, -2});
}

TEST_CASE("safetensors: what the reference refuses") {
  const support::temporary_folder dir;
  const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})", eight(8, 'x');
  CHECK(tried(dir, "{" + a + "}", eight) == "no error");
  CHECK(tried(dir, "{" + a + "}    ", eight) == "no error");
  CHECK(tried(dir, "{}", "") == "no error");
  CHECK(contains(tried(dir, "{" + a + "}", eight + "x"),
                 "the tensors end at byte 8 of the data, the file has 9"));
  CHECK(contains(tried(dir, "{" + a + "}", "xxxx"), "the file has 4"));
  CHECK(contains(tried(dir, "{" + a + "," + a + "}", eight), "the key 'a' is given twice"));
  CHECK(contains(tried(dir, R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", "x"),
                 "given twice"));
  CHECK(contains(tried(dir, R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", eight),
                 "needs 96 bits"));
  CHECK(contains(
      tried(dir, R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", eight),
      "overflows"));
  CHECK(contains(
      tried(dir, R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]}})", eight),
      "overflows"));
  CHECK(contains(
      tried(dir, R"({"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]}})", eight),
      "shape[0]: expected an integer"));
  CHECK(
      contains(tried(dir, R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight), "found -2"));
  CHECK(contains(tried(dir, R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", eight),
                 "found 2.0"));
  CHECK(contains(tried(dir, R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", eight),
                 "ends before"));
  CHECK(contains(tried(dir, R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", eight),
                 "expected 2 offsets"));
  CHECK(contains(tried(dir, R"({"a":{"shape":[2],"data_offsets":[0,8]}})", eight),
                 "a: the key 'dtype' is missing"));
  CHECK(
      contains(tried(dir,
                     R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],)"
                     R"("data_offsets":[3,7]}})",
                     eight),
               "tensor 'b' starts at byte 3 of the data, expected 4: it overlaps another"));
  CHECK(
      contains(tried(dir,
                     R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[3],)"
                     R"("data_offsets":[5,8]}})",
                     eight),
               "expected 4: there is a hole"));
  CHECK(contains(tried(dir, R"({"a":{"dtype":"U8","shape":[7],"data_offsets":[1,8]}})", eight),
                 "there is a hole"));
  CHECK(
      contains(tried(dir, R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", "x"), "needs 12 bits"));
  CHECK(contains(tried(dir, "[]", ""), "no JSON object"));
  CHECK(contains(tried(dir, "{\"\xFF\":1}", ""), "invalid UTF-8"));
  CHECK(contains(tried(dir, "{" + a, eight), "line 1"));
  CHECK(contains(tried(dir, R"({"__metadata__":{"k":1}})", ""), "__metadata__.k: expected a string"));
  bytes::put(dir / "h", bytes::of(std::uint64_t{100'000'001}) + "{}");
  CHECK(contains(failure([&] { aisle::read_safetensors(dir / "h"); }), "more than 100000000"));
  bytes::put(dir / "h", bytes::of(~std::uint64_t{0}) + "{}");
  CHECK(contains(failure([&] { aisle::read_safetensors(dir / "h"); }), "no safetensors file"));
}

TEST_CASE("safetensors: a type nobody asks for does no harm") {
  const support::temporary_folder dir;
  const std::string header =
      R"({"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[1],)"
      R"("data_offsets":[4,5]},)"
      R"("c":{"dtype":"FUTURE","shape":[9],"data_offsets":[5,8]},"d":{"dtype":"U8",)"
      R"("shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[8,9]}})";
  bytes::put(dir / "x", file_of(header, "123456789"));
  const auto d = aisle::read_safetensors(dir / "x");
  const auto b = d.read("b");
  CHECK(b.data<std::uint8_t>()[0] == '5');
  CHECK(contains(failure([&] { d.read("a"); }), "tensor 'a' cannot be read: stored as F8_E4M3"));
  CHECK(contains(failure([&] { d.require("c", {9}); }), "stored as FUTURE"));
  CHECK(contains(failure([&] { d.read_f32("d"); }), "has 9 dimensions"));
}

TEST_CASE("safetensors: damaged files") {
  const support::temporary_folder dir;
  const std::string path = dir / "x.safetensors";
  const std::vector<aisle::named_tensor> tensors = {
      {"a.weight", tensor_of<float>(dtype::f32, {2, 2}, {1, 2, 3, 4})},
      {"b", tensor_of<std::int64_t>(dtype::i64, {}, {5})}};
  aisle::write_safetensors(path, tensors, {{"k", "v"}});
  const std::string content = aisle::read_file(path);
  bytes::check_truncations(content, path, aisle::read_safetensors);
  bytes::check_flips(content, content.size(), path, aisle::read_safetensors);
}

TEST_CASE("a state dict in memory: reading copies, mapping shares, and an entry must have its elements") {
  aisle::state_dict d;
  const tensor own = tensor_of<float>(dtype::f32, {2}, {1, 2});
  d.add("a", own);
  tensor copied = d.read("a");
  copied.data<float>()[0] = 42;
  CHECK(floats(d.read("a")) == std::vector<float>{1, 2});
  CHECK(floats(own) == std::vector<float>{1, 2});
  const auto once = d.share("a"), again = d.share("a");
  CHECK(once.bytes().data() == again.bytes().data());
  CHECK_THROWS_WITH_AS(d.add(aisle::state_dict::entry{.name = "b", .type = dtype::f32, .dims = {2}}),
                       "tensor 'b' in memory is [0] f32, its entry says [2] f32", aisle::tensor_error);
}

TEST_CASE("safetensors: an index over shards") {
  const support::temporary_folder dir;
  aisle::write_safetensors(dir / "m-1.safetensors",
                           std::vector<aisle::named_tensor>{{"a", tensor_of<float>(dtype::f32, {1}, {1})}});
  aisle::write_safetensors(dir / "m-2.safetensors",
                           std::vector<aisle::named_tensor>{{"b", tensor_of<float>(dtype::f32, {1}, {2})}});
  const std::string path = dir / "model.safetensors.index.json";
  const auto with = [&](const char* map) {
    bytes::put(path, std::string("{\"metadata\":{},\"weight_map\":") + map + "}");
    return aisle::read_safetensors_index(path);
  };
  const auto d = with(R"({"b":"m-2.safetensors","a":"m-1.safetensors"})");
  CHECK(d.path() == path);
  CHECK(d.entries()[0].name == "b");
  CHECK(floats(d.read("a")) == std::vector<float>{1});
  CHECK(floats(d.read("b")) == std::vector<float>{2});
  CHECK(contains(failure([&] { with(R"({"b":"m-1.safetensors"})"); }),
                 "weight_map.b: the shard 'm-1.safetensors' has no such tensor"));
  CHECK(contains(failure([&] { with(R"({"b":"m-3.safetensors"})"); }), "m-3.safetensors: cannot open"));
  for (const char* elsewhere : {"../m-1.safetensors", "/m-1.safetensors", "", ".", ".."})
    CHECK(contains(failure([&] { with((R"({"b":")" + std::string(elsewhere) + "\"}").c_str()); }),
                   "weight_map.b: expected the name of a file beside the index"));
  // A shard is a file of tensors: not the index itself, which would be opened without end, and no folder.
  std::filesystem::create_directory(dir / "sub");
  bytes::put(dir / "sub/model.safetensors", aisle::read_file(dir / "m-2.safetensors"));
  for (const char* shard : {"model.safetensors.index.json", "sub"}) {
    bytes::put(path, R"({"weight_map":{"b":")" + std::string(shard) + "\"}}");
    CHECK(contains(failure([&] { aisle::load_checkpoint(path); }), shard));
    CHECK(failure([&] { aisle::load_checkpoint(path); }).find("no error") == std::string::npos);
  }
  CHECK(contains(failure([&] { with(R"(7)"); }), "weight_map: expected an object"));
}

TEST_CASE("state_dict: errors name the nearest tensors") {
  aisle::state_dict d("model.safetensors");
  d.add("encoder.layer.0.query.weight", tensor(dtype::f32, {384, 384}));
  d.add("encoder.layer.1.query.weight", tensor(dtype::f32, {384, 380}));
  d.add("pooler.bias", tensor(dtype::f32, {384}));
  CHECK(failure([&] {
          d.require("encoder.layer.0.qery.weight", {384, 384});
        }) ==
        "model.safetensors: no tensor 'encoder.layer.0.qery.weight' of shape [384, 384]; nearest: "
        "'encoder.layer.0.query.weight' [384, 384], 'encoder.layer.1.query.weight' [384, 380], 'pooler.bias' "
        "[384]");
  CHECK(failure([&] { d.require("pooler.bias", {768}); }) ==
        "model.safetensors: tensor 'pooler.bias' has shape [384], expected [768]; nearest: "
        "'encoder.layer.0.query.weight' [384, 384], 'encoder.layer.1.query.weight' [384, 380]");
  CHECK(d.require("pooler.bias", {384}).name == "pooler.bias");
  CHECK(d.nearest("pooler.bia", 1) == std::vector<std::string>{"pooler.bias"});
  CHECK(contains(failure([&] { d.add("pooler.bias", tensor(dtype::f32, {1})); }), "given twice"));
  std::vector<float> room(3);
  CHECK(contains(failure([&] { d.read_f32("pooler.bias", room); }), "384 elements, room for 3"));
  const auto renamed = d.renamed([](const std::string& n) { return n == "pooler.bias" ? "" : "bert." + n; });
  CHECK(renamed.size() == 2);
  CHECK(renamed.contains("bert.encoder.layer.1.query.weight"));
}

TEST_CASE("state_dict: long tensors convert block by block, from many threads") {
  const support::temporary_folder dir;
  std::vector<std::uint16_t> halves(50'001);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  const auto n = static_cast<std::int64_t>(halves.size());
  aisle::write_safetensors(dir / "x",
                           std::vector<aisle::named_tensor>{{"h", tensor_of(dtype::f16, {n}, halves)}});
  const auto d = aisle::read_safetensors(dir / "x");
  std::vector<int> wrong(4, -1);
  std::vector<std::thread> threads;
  for (int& w : wrong)
    threads.emplace_back([&d, &halves, &w] {
      w = 0;
      const auto t = d.read_f32("h");
      const auto m = d.share("h");
      for (std::size_t i = 0; i < halves.size(); ++i) {
        const float expected = aisle::to_float(aisle::float16{halves[i]}), found = t.data<float>()[i];
        w += !(found == expected || (std::isnan(found) && std::isnan(expected)));
      }
      w += std::memcmp(m.bytes().data(), halves.data(), halves.size() * 2) != 0;
    });
  for (auto& t : threads) t.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("safetensors: the MiniLM checkpoint") {
  const std::string path = support::shared("weights/all-MiniLM-L6-v2/model.safetensors");
  if (path.empty()) return;
  const auto d = aisle::read_safetensors(path);
  CHECK(d.require("embeddings.word_embeddings.weight", {30522, 384}).type == dtype::f32);
  const auto read = d.read("embeddings.word_embeddings.weight");
  const auto shared = d.share("embeddings.word_embeddings.weight");
  CHECK(aisle::ranges::equal(read.bytes(), shared.bytes()));
}
