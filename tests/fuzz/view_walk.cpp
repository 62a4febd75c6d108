#include "fuzz/view_walk.h"

#include <cstring>
#include <initializer_list>

#include "format/checksum.h"
#include "fuzz/expect.h"

namespace pysnap::tests {
namespace {

using format::ImageView;
using format::RegionKind;

// Digests records and strings; checks that each lies inside the block.
class Walk {
 public:
  Walk(const ImageView& view, uint64_t size)
      : view_(view), begin_(reinterpret_cast<const char*>(&view.header())), end_(begin_ + size) {}

  template <typename T>
  void records(const format::Records<T>& records) {
    const char* first = reinterpret_cast<const char*>(records.begin());
    const char* last = reinterpret_cast<const char*>(records.end());
    expect(first >= begin_ && first <= last && last <= end_, "a table lies inside the block");
    for (const T& record : records) digest_ ^= format::checksum(&record, sizeof record) + 1;
  }

  void string(uint64_t offset) {
    const char* text = view_.string(offset);
    expect(text >= begin_ && text < end_, "a string lies inside the block");
    const size_t length = strnlen(text, static_cast<size_t>(end_ - text));
    expect(text + length < end_, "a string ends inside the block");
    digest_ ^= format::checksum(text, length);
  }

  void regions() {
    uint64_t before = 0;
    for (const format::Region& region : view_.regions()) {
      const bool has_file =
          region.kind == RegionKind::kFile || region.kind == RegionKind::kSharedFile;
      if (has_file) string(view_.files()[region.file - 1].path);
      expect(region.size > 0 && region.address >= before, "regions are in order");
      before = region.address + region.size;
      expect(before > region.address && before <= uint64_t{1} << 47, "regions are user space");
      const uint64_t file_size = view_.header().file_size;
      if (region.kind == RegionKind::kImage)
        expect(region.offset + region.size <= file_size, "captured pages lie inside the file");
    }
  }

  uint64_t digest() const { return digest_; }

 private:
  const ImageView& view_;
  const char* begin_;
  const char* end_;
  uint64_t digest_ = 0;
};

}  // namespace

uint64_t walk(const ImageView& view, uint64_t size) {
  Walk walk(view, size);
  const format::ImageHeader& header = view.header();
  walk.records(view.regions());
  walk.records(view.files());
  walk.records(view.segments());
  walk.records(view.modules());
  walk.records(view.environment());
  walk.records(view.notices());
  walk.records(view.hot_runs());
  walk.records(view.options());
  walk.records(view.folders());
  walk.records(view.dependencies());
  walk.records(view.listings());
  walk.records(view.stems());
  walk.records(view.captured());
  for (const format::File& file : view.files()) walk.string(file.path), walk.string(file.build_id);
  for (const format::EnvironmentKey& key : view.environment())
    walk.string(key.name), walk.string(key.value);
  for (const auto& texts : {view.modules(), view.notices(), view.options(), view.captured()}) {
    for (const format::Text& text : texts) walk.string(text.text);
  }
  for (const format::DependencyFolder& folder : view.folders()) walk.string(folder.path);
  for (const format::Dependency& dependency : view.dependencies()) walk.string(dependency.name);
  for (const format::Listing& listing : view.listings()) walk.records(view.stems_of(listing));
  for (const uint64_t text : {header.interpreter, header.interpreter_version, header.program})
    walk.string(text);
  walk.string(view.files()[header.interpreter_file - 1].path);
  walk.regions();
  return walk.digest();
}

}  // namespace pysnap::tests
