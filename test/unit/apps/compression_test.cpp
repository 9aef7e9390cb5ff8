#include "http/compression.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <random>

using namespace orchestrator;

namespace {

std::string unpacked(const std::string& compressed) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string text(1 << 21, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

}  // namespace

TEST_CASE("Compressed data decompresses to the original") {
  std::mt19937 random(7);
  std::string noise(100'000, '\0');
  for (auto& c : noise) c = static_cast<char>(random());
  for (const auto& text : {std::string(), std::string("x"), std::string(500'000, 'x'), noise}) {
    for (const auto effort : {Effort::fast, Effort::most}) CHECK((unpacked(gzip(text, effort)) == text));
  }
  CHECK(gzip(std::string(500'000, 'x'), Effort::fast).size() < 5'000);
}

TEST_CASE("Accept-Encoding decides about gzip") {
  for (const auto* yes : {"gzip", "GZIP", "deflate, gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*", "x-gzip",
                          "gzip ; q=0.001", "identity;q=0, *"}) {
    INFO(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const auto* no :
       {"", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "identity", "gzippy", ",", ";q=1"}) {
    INFO(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}
