#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

#include <aisle/base/random.hpp>

// A driver for LLVMFuzzerTestOneInput where libFuzzer is not: replays files and folders, then mutations of
// them that are the same in every run. It understands the libFuzzer options it needs, so that one command
// line serves both:
//   fuzz_NAME [-runs=N] [-max_total_time=SECONDS] [-max_len=BYTES] [-seed=N] [FILE|FOLDER...]
// An input that crashes is left in crash-NAME in the current folder.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) __attribute__((weak));
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

using bytes = std::vector<std::uint8_t>;

const bytes* current = nullptr;
std::string crash_path;

void keep_current() {
  if (current == nullptr) return;
  std::ofstream out(crash_path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(current->data()), static_cast<std::streamsize>(current->size()));
  out.close();
  std::cerr << "the input is in " << crash_path << '\n';
  current = nullptr;
}

void on_signal(int number) {
  keep_current();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void run(const bytes& input) {
  current = &input;
  // A copy of exactly this size on the heap: reading past its end is found.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  current = nullptr;
}

std::size_t below(aisle::random_generator& random, std::size_t n) {
  return static_cast<std::size_t>(random.below(n));
}

/// One small damage: what truncated downloads, flipped bits and hostile lengths look like.
void mutate(bytes& input, const std::vector<bytes>& corpus, std::size_t max_length,
            aisle::random_generator& random) {
  static constexpr std::uint8_t interesting[] = {0,   1,   0x7F, 0x80, 0xFF, '"', '{',
                                                 '[', ',', '\n', '\\', '-',  '9'};
  const std::size_t n = input.size();
  const std::size_t at = n > 0 ? below(random, n) : 0;
  const auto position = input.begin() + static_cast<std::ptrdiff_t>(at);
  switch (n == 0 ? 4 : random.below(9)) {
    case 0:
      input[at] = static_cast<std::uint8_t>(input[at] ^ (1u << random.below(8)));
      break;
    case 1:
      input[at] = static_cast<std::uint8_t>(random());
      break;
    case 2:
      input[at] = interesting[below(random, std::size(interesting))];
      break;
    case 3:
      input.resize(at);
      break;
    case 4:
      input.insert(position, interesting[below(random, std::size(interesting))]);
      break;
    case 5:
      input.erase(position, position + static_cast<std::ptrdiff_t>(
                                           1 + below(random, std::min<std::size_t>(n - at, 16))));
      break;
    case 6: {  // a run of bytes again
      const bytes run(position, position + static_cast<std::ptrdiff_t>(
                                               1 + below(random, std::min<std::size_t>(n - at, 64))));
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(below(random, n)), run.begin(), run.end());
      break;
    }
    case 7: {  // a length or an offset: a little-endian number somewhere, huge or nearly right
      const std::uint64_t value =
          random.below(2) ? random() >> random.below(64) : ~std::uint64_t{0} - random.below(3);
      const std::size_t width = std::size_t{1} << random.below(4);
      for (std::size_t i = 0; i < width && at + i < n; ++i)
        input[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
      break;
    }
    default: {  // this one's beginning, another one's end
      const bytes& other = corpus[below(random, corpus.size())];
      if (other.empty()) break;
      input.resize(at);
      input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(below(random, other.size())),
                   other.end());
    }
  }
  if (input.size() > max_length) input.resize(max_length);
}

}  // namespace

int main(int count, char** arguments) {
  crash_path = "crash-" + std::filesystem::path(arguments[0]).filename().string();
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(number, on_signal);
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(keep_current);
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&count, &arguments);

  std::uint64_t runs = 10000, seconds = 0, seed = 1, max_length = std::uint64_t{1} << 20;
  std::vector<std::string> files;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto option = [&](const std::string& name, std::uint64_t& value) {
      if (!argument.starts_with(name)) return false;
      value = std::strtoull(argument.c_str() + name.size(), nullptr, 10);
      return true;
    };
    if (option("-runs=", runs) || option("-max_total_time=", seconds) || option("-seed=", seed) ||
        option("-max_len=", max_length) || argument.starts_with("-"))
      continue;
    if (std::filesystem::is_directory(argument)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(argument))
        if (entry.is_regular_file()) files.push_back(entry.path().string());
    } else {
      files.push_back(argument);
    }
  }
  std::sort(files.begin(), files.end());

  std::vector<bytes> corpus{bytes{}};
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      std::cerr << "cannot open " << file << '\n';
      return 2;
    }
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  for (const bytes& input : corpus) run(input);

  aisle::random_generator random(seed);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t done = 0;
  for (; done < runs; ++done) {
    if (seconds > 0 && std::chrono::steady_clock::now() - start > std::chrono::seconds(seconds)) break;
    bytes input = corpus[below(random, corpus.size())];
    for (std::uint64_t damages = 1 + random.below(4); damages > 0; --damages)
      mutate(input, corpus, static_cast<std::size_t>(max_length), random);
    run(input);
  }
  std::cout << corpus.size() << " inputs, " << done << " mutations, no crash\n";
  return 0;
}
