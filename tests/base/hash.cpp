#include <doctest/doctest.h>

#include <string>

#include <aisle/base/hash.hpp>

namespace {
std::string sha256_of(std::string_view text) {
  aisle::sha256 hash;
  hash.update(text);
  return hash.hex();
}
}  // namespace

TEST_CASE("SHA-256: the examples of FIPS 180-4") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_of(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes are fed") {
  const std::string text(517, 'q');
  const std::string whole = sha256_of(text);
  for (const std::size_t piece : {1u, 3u, 55u, 56u, 63u, 64u, 65u, 200u}) {
    aisle::sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += piece)
      hash.update(std::string_view(text).substr(at, piece));
    CHECK(hash.hex() == whole);
  }
  // Lengths around the padding's edge all differ.
  CHECK(sha256_of(std::string(55, 'q')) != sha256_of(std::string(56, 'q')));
}

TEST_CASE("SHA-256 by the processor's instructions is SHA-256") {
  const auto by = [](aisle::detail::sha256_blocks_function blocks, const std::string& text) {
    aisle::sha256 hash(blocks);
    hash.update(text);
    return hash.hex();
  };
  CHECK(by(aisle::detail::sha256_blocks_portable, "abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(by(aisle::detail::sha256_blocks_portable, std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  const auto own = aisle::detail::sha256_blocks_of_processor();
  if (own == nullptr) {
    MESSAGE("skipped: this processor has no instructions for SHA-256");
    return;
  }
  std::string text;
  for (int i = 0; i < 300; ++i) {
    CHECK(by(own, text) == by(aisle::detail::sha256_blocks_portable, text));
    text += static_cast<char>(i * 37);
  }
}

TEST_CASE("a SHA-256 sum as text and back") {
  const aisle::sha256_digest sum = aisle::sha256::of("abc");
  CHECK(aisle::to_hex(sum) == sha256_of("abc"));
  CHECK(aisle::digest_from_hex(aisle::to_hex(sum)) == sum);
  for (const std::string& bad : {std::string(), std::string(63, 'a'), std::string(65, 'a'),
                                 std::string(64, 'A'), std::string(64, 'g')})
    CHECK_FALSE(aisle::digest_from_hex(bad).has_value());
}

TEST_CASE("FNV-1a, 64 bit: the values its authors list") {
  CHECK(aisle::fnv1a64::of("") == 0xCBF29CE484222325ull);
  CHECK(aisle::fnv1a64::of("a") == 0xAF63DC4C8601EC8Cull);
  CHECK(aisle::fnv1a64::of("foobar") == 0x85944171F73967E8ull);
  CHECK(aisle::to_hex(aisle::fnv1a64::of("foobar")) == "85944171f73967e8");
  CHECK(aisle::to_hex(1) == "0000000000000001");
}
