// Decoding, resizing and normalising pictures: the work before the model, per picture on one thread.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/preprocess.hpp>
#include <aisle/image/resize.hpp>

namespace {

using aisle::image;
using aisle::resize_filter;

/// Smooth shapes with a little noise, so that files compress as photographs do.
image picture(int width, int height) {
  aisle::random_generator random(1);
  image coarse(12, 9);
  for (auto& v : coarse.rgb()) v = static_cast<std::uint8_t>(random.below(256));
  image out = aisle::resize(coarse, width, height, resize_filter::bicubic);
  for (auto& v : out.rgb())
    v = static_cast<std::uint8_t>(std::min<int>(255, v + static_cast<int>(random.below(5))));
  return out;
}

void report(benchmark::State& state) { state.SetItemsProcessed(state.iterations()); }

void decode(benchmark::State& state, const std::string& file) {
  const auto bytes = std::as_bytes(std::span(file));
  for (auto _ : state) benchmark::DoNotOptimize(aisle::decode_image(bytes, "bench"));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(file.size()));
  report(state);
}
void decode_jpeg(benchmark::State& state) {
  decode(state,
         aisle::encode_jpeg(picture(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)))));
}
void decode_png(benchmark::State& state) {
  decode(state,
         aisle::encode_png(picture(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)))));
}

void resize(benchmark::State& state, resize_filter filter) {
  const image from = picture(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const auto to = state.range(2);
  for (auto _ : state) benchmark::DoNotOptimize(aisle::resize(from, to, to, filter));
  report(state);
}

void preprocess(benchmark::State& state, const char* name) {
  const image from = picture(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const aisle::preset& p = aisle::find_preset(name);
  aisle::image_tensor x(1, p.crop_height, p.crop_width);
  for (auto _ : state) {
    aisle::preprocess(from, p, x, 0);
    benchmark::DoNotOptimize(x.values().data());
  }
  report(state);
}

BENCHMARK(decode_jpeg)->Args({224, 224})->Args({640, 480})->Args({2400, 1600});
BENCHMARK(decode_png)->Args({224, 224})->Args({640, 480})->Args({2400, 1600});
// 224 to 223 is what the peers' "lanczos only" times on pictures that are 224 x 224 already
BENCHMARK_CAPTURE(resize, lanczos, resize_filter::lanczos)
    ->Args({224, 224, 223})
    ->Args({640, 480, 224})
    ->Args({2400, 1600, 224});
BENCHMARK_CAPTURE(resize, bicubic, resize_filter::bicubic)
    ->Args({224, 224, 223})
    ->Args({640, 480, 224})
    ->Args({2400, 1600, 224});
BENCHMARK_CAPTURE(resize, nearest, resize_filter::nearest)->Args({640, 480, 224});
BENCHMARK_CAPTURE(preprocess, torchvision_resnet50_v2, "torchvision_resnet50_v2")
    ->Args({224, 224})
    ->Args({640, 480});
BENCHMARK_CAPTURE(preprocess, hf_convnext_224, "hf_convnext_224")->Args({640, 480});

}  // namespace
