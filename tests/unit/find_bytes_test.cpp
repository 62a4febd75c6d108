#include "snapshot/find_bytes.h"

#include <catch2/catch.hpp>
#include <cstring>

namespace pysnap::snapshot {
namespace {

using Places = std::vector<uint64_t>;

Snapshot holding(const std::string& text, uint64_t offset) {
  Snapshot snapshot;
  CapturedRegion region;
  region.address = 0x10000;
  region.size = format::kPageSize;
  region.kind = format::RegionKind::kImage;
  region.bytes.resize(region.size);
  std::memcpy(region.bytes.data() + offset, text.data(), text.size());
  snapshot.regions = {CapturedRegion{}, region};  // the first has no bytes of its own
  return snapshot;
}

const std::string kKey = "0123456789abcdefghij";

TEST_CASE("bytes are found where an object can begin with them") {
  CHECK(find_bytes(holding(kKey, 40), {"another text, long", kKey}) == Places{0x10028});
  CHECK(find_bytes(holding(kKey, format::kPageSize - kKey.size() - 4), {kKey}) ==
        Places{0x10000 + format::kPageSize - kKey.size() - 4});
  CHECK(find_bytes(holding(kKey, 41), {kKey}).empty());
}

TEST_CASE("the first bytes of a text are enough, and fewer are not") {
  CHECK(find_bytes(holding(kKey.substr(0, 16), 40), {kKey}) == Places{0x10028});
  CHECK(find_bytes(holding(kKey.substr(0, 15), 40), {kKey}).empty());
  CHECK(find_bytes(holding(kKey, 40), {kKey.substr(0, 15)}).empty());
}

TEST_CASE("of two texts that begin alike each is found") {
  const std::vector<std::string> texts = {"01234567________", "0123456789abcdef"};
  CHECK(find_bytes(holding(texts[0], 0), texts) == Places{0x10000});
  CHECK(find_bytes(holding(texts[1], 8), texts) == Places{0x10008});
}

TEST_CASE("where nothing is sought nothing is found") {
  CHECK(find_bytes(holding(kKey, 40), {}).empty());
}

}  // namespace
}  // namespace pysnap::snapshot
