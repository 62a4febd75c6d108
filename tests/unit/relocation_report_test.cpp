#include "launcher/relocation_report.h"

#include <catch2/catch.hpp>

namespace pysnap::tests {
namespace {

using launcher::Owner;
using launcher::OwnerKind;
using Lines = std::vector<std::string>;

snapshot::Snapshot one_region() {
  snapshot::Snapshot snapshot;
  snapshot.regions.resize(1);
  snapshot.regions[0].address = 0x1000;
  snapshot.regions[0].size = 0x4000;
  return snapshot;
}

Owner object(uint64_t address, const std::string& path) {
  Owner owner;
  owner.address = address;
  owner.kind = OwnerKind::kObject;
  owner.type = "int";
  owner.module = path.substr(0, path.find('.'));
  owner.path = path;
  owner.detail = "+0x18";
  return owner;
}

TEST_CASE("words without an equation are counted for each owner, most of them first") {
  const Lines lines = launcher::unexplained_lines(
      {object(0x1008, "a.ONE"), object(0x1010, "b.TWO"), object(0x1018, "b.TWO")}, one_region());
  CHECK(lines == Lines{"2 words of object int b.TWO, at 0x1010 in 0x1000-0x5000; list b in "
                       "exclude or code-only, or leave it pinned",
                       "1 word of object int a.ONE, at 0x1008 in 0x1000-0x5000; list a in "
                       "exclude or code-only, or leave it pinned"});
}

TEST_CASE("what no module holds is named as far as it can be") {
  Owner library;
  library.address = 0x1000;
  library.kind = OwnerKind::kRange;
  library.path = "static data of libheld.so";
  Owner unused;
  unused.address = 0x2000;
  unused.kind = OwnerKind::kFree;
  CHECK(launcher::unexplained_lines({library, unused}, one_region()) ==
        Lines{"1 word of memory static data of libheld.so, at 0x1000 in 0x1000-0x5000; exclude the "
              "module that keeps it, or leave it pinned",
              "1 word of free memory, at 0x2000 in 0x1000-0x5000"});
}

TEST_CASE("more owners than ten are counted together in the last line") {
  std::vector<Owner> owners;
  for (int i = 0; i < 10; ++i) owners.push_back(object(0x1000, fmt::format("m.NAME{}", i)));
  CHECK_THAT(launcher::unexplained_lines(owners, one_region()).back(), Catch::Contains("m.NAME9"));
  for (int i = 10; i < 20; ++i) owners.push_back(object(0x1000, fmt::format("m.NAME{}", i)));
  const Lines lines = launcher::unexplained_lines(owners, one_region());
  REQUIRE(lines.size() == launcher::kMostOwnerLines);
  CHECK(lines.back() == "11 words of 11 other owners");
}

TEST_CASE("of what boots do not repeat, only what launches find is told") {
  launcher::Owners owners;
  for (const uint64_t address : {0x1000, 0x1008}) {
    owners.owners.push_back(object(address, address == 0x1000 ? "a.KEPT" : "a.RENEWED"));
    owners.owners.back().word = address == 0x1000 ? 1 : 7;
  }
  const std::vector<launcher::InputWords> words = {
      {"unrepeatable", "", {{0x1000, 1, 2}, {0x1008, 1, 2}}}};
  CHECK(launcher::unrepeatable_lines(words, {owners, {owners, owners}}, one_region()) ==
        Lines{"1 word of a.KEPT (int) differs in boots with equal inputs; renew it in a hook "
              "(pysnap.register_after_restore), or list a in code-only"});
}

}  // namespace
}  // namespace pysnap::tests
