// The one reader of image metadata: bounds-checked, used by the restorer, the commands and tests.
//
// Invariant: `check` has accepted the bytes before any accessor is called. After that every table
// lies inside the block, every record has the size this build knows, every string offset points
// to a terminated string, every index names an existing record.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/image_format.h"
#include "format/python_options.h"

namespace pysnap::format {

// Why a metadata block is not one we can use; kNone: it is. `reason_text` has the sentences.
enum class RejectReason : uint32_t {
  kNone = 0,
  kTooShort,
  kWrongMagic,
  kOtherVersion,
  kUnfinished,
  kWrongFileSize,
  kWrongChecksum,
  kTableOutside,
  kStringOutside,
  kBadRegion,
  kBadIndex,
  kBadVariable,
};

inline const char* reason_text(RejectReason reason) {
  switch (reason) {
    case RejectReason::kNone:
      return "it is sound";
    case RejectReason::kTooShort:
      return "it is too short to be an image";
    case RejectReason::kWrongMagic:
      return "it is not a pysnap image";
    case RejectReason::kOtherVersion:
      return "it was written by another version of pysnap";
    case RejectReason::kUnfinished:
      return "its writing was never finished";
    case RejectReason::kWrongFileSize:
      return "its size is not the one it was written with";
    case RejectReason::kWrongChecksum:
      return "its metadata are damaged";
    case RejectReason::kTableOutside:
      return "one of its tables lies outside its metadata";
    case RejectReason::kStringOutside:
      return "one of its strings lies outside its metadata";
    case RejectReason::kBadRegion:
      return "one of its regions is impossible";
    case RejectReason::kBadIndex:
      return "one of its tables names a record that does not exist";
    case RejectReason::kBadVariable:
      return "one of its variables is impossible";
  }
  return "the reason is unknown";
}

// A counted view of records; owns nothing.
template <typename T>
struct Records {
  const T* first;
  uint32_t count;
  const T* begin() const { return first; }
  const T* end() const { return first + count; }
  const T& operator[](uint32_t index) const { return first[index]; }
};

class ImageView {
 public:
  // Checks structure only; the caller has compared the checksums (they need the file's front).
  // `block` must be 8-byte aligned and stay valid while the view is used.
  static RejectReason check(const void* block, uint64_t size, uint64_t file_size) {
    if (size < sizeof(ImageHeader)) return RejectReason::kTooShort;
    const ImageView view(block);
    const ImageHeader& header = view.header();
    if (header.magic != kImageMagic) return RejectReason::kWrongMagic;
    if (header.version != kImageVersion || header.header_size != sizeof(ImageHeader))
      return RejectReason::kOtherVersion;
    if (header.complete != kComplete) return RejectReason::kUnfinished;
    if (header.file_size != file_size) return RejectReason::kWrongFileSize;
    if (header.metadata_size != size) return RejectReason::kTooShort;
    if (!view.tables_inside()) return RejectReason::kTableOutside;
    if (!view.strings_inside()) return RejectReason::kStringOutside;
    if (!view.variables_possible()) return RejectReason::kBadVariable;
    if (!view.indices_exist() || !view.dependencies_hang_together()) return RejectReason::kBadIndex;
    return view.regions_possible() ? RejectReason::kNone : RejectReason::kBadRegion;
  }

  explicit ImageView(const void* block) : block_(static_cast<const unsigned char*>(block)) {}

  const ImageHeader& header() const { return *reinterpret_cast<const ImageHeader*>(block_); }
  Records<Region> regions() const { return records<Region>(header().regions); }
  Records<File> files() const { return records<File>(header().files); }
  Records<Segment> segments() const { return records<Segment>(header().segments); }
  Records<Text> modules() const { return records<Text>(header().modules); }
  Records<EnvironmentKey> environment() const {
    return records<EnvironmentKey>(header().environment);
  }
  Records<Text> notices() const { return records<Text>(header().notices); }
  Records<HotRun> hot_runs() const { return records<HotRun>(header().hot_runs); }
  Records<Text> options() const { return records<Text>(header().options); }
  Records<DependencyFolder> folders() const { return records<DependencyFolder>(header().folders); }
  Records<Dependency> dependencies() const { return records<Dependency>(header().dependencies); }
  Records<Listing> listings() const { return records<Listing>(header().listings); }
  Records<Stem> stems() const { return records<Stem>(header().stems); }
  Records<Text> captured() const { return records<Text>(header().captured); }
  Records<Stem> stems_of(const Listing& listing) const {
    return {stems().first + listing.first_stem, listing.stem_count};
  }
  const char* string(uint64_t offset) const {
    return reinterpret_cast<const char*>(block_ + header().strings.offset + offset);
  }

 private:
  template <typename T>
  Records<T> records(const Table& table) const {
    return {reinterpret_cast<const T*>(block_ + table.offset), table.count};
  }

  bool inside(const Table& table, uint64_t entry_size, uint64_t alignment) const {
    const uint64_t size = header().metadata_size;
    return table.entry_size == entry_size && table.offset >= sizeof(ImageHeader) &&
           table.offset % alignment == 0 && table.offset <= size &&
           table.count <= (size - table.offset) / entry_size;
  }

  bool tables_inside() const {
    const ImageHeader& h = header();
    return inside(h.regions, sizeof(Region), 8) && inside(h.files, sizeof(File), 8) &&
           inside(h.segments, sizeof(Segment), 8) && inside(h.modules, sizeof(Text), 8) &&
           inside(h.environment, sizeof(EnvironmentKey), 8) && inside(h.notices, sizeof(Text), 8) &&
           inside(h.hot_runs, sizeof(HotRun), 8) && inside(h.options, sizeof(Text), 8) &&
           h.options.count <= kMostIdentityWords &&
           inside(h.folders, sizeof(DependencyFolder), 8) &&
           inside(h.dependencies, sizeof(Dependency), 8) &&
           inside(h.listings, sizeof(Listing), 8) && inside(h.stems, sizeof(Stem), 8) &&
           inside(h.captured, sizeof(Text), 8) && inside(h.strings, 1, 1) && h.strings.count > 0 &&
           block_[h.strings.offset] == 0 && string(h.strings.count - 1)[0] == 0;
  }

  // The area begins and ends with a terminator, so an offset inside it is a whole string.
  bool strings_inside() const {
    const ImageHeader& h = header();
    bool good = h.interpreter < h.strings.count && h.interpreter_version < h.strings.count &&
                h.program < h.strings.count;
    for (const File& file : files())
      good = good && file.path < h.strings.count && file.build_id < h.strings.count;
    for (const Text& module : modules()) good = good && module.text < h.strings.count;
    for (const Text& notice : notices()) good = good && notice.text < h.strings.count;
    for (const Text& name : captured()) good = good && name.text < h.strings.count;
    for (const Text& option : options()) good = good && option.text < h.strings.count;
    for (const EnvironmentKey& key : environment())
      good = good && key.name < h.strings.count && key.value < h.strings.count;
    for (const DependencyFolder& folder : folders()) good = good && folder.path < h.strings.count;
    for (const Dependency& dependency : dependencies())
      good = good && dependency.name < h.strings.count;
    return good;
  }

  bool variables_possible() const {
    bool good = true;
    for (const EnvironmentKey& key : environment())
      good = good && key.kind >= VariableKind::kUnset && key.kind <= VariableKind::kAbsent;
    return good;
  }

  // Folders count all dependencies, only listed directories have a listing, stems are there.
  bool dependencies_hang_together() const {
    const ImageHeader& h = header();
    uint64_t counted = 0;
    for (const DependencyFolder& folder : folders()) counted += folder.count;
    bool good = counted == h.dependencies.count;
    for (const Dependency& dependency : dependencies()) {
      const DependencyKind kind = dependency.kind;
      good = good && kind >= DependencyKind::kFile && kind <= DependencyKind::kOther &&
             (kind == DependencyKind::kListed) == (dependency.listing != 0) &&
             dependency.listing <= h.listings.count;
    }
    for (const Listing& listing : listings())
      good = good && listing.first_stem <= h.stems.count &&
             listing.stem_count <= h.stems.count - listing.first_stem;
    return good;
  }

  bool indices_exist() const {
    const ImageHeader& h = header();
    bool good = h.interpreter_file >= 1 && h.interpreter_file <= h.files.count;
    good = good &&
           (h.program_kind == 0 || h.program_kind == static_cast<uint32_t>(ProgramKind::kScript) ||
            h.program_kind == static_cast<uint32_t>(ProgramKind::kCheckpoint));
    for (const Region& region : regions()) {
      const bool needs_file =
          region.kind == RegionKind::kFile || region.kind == RegionKind::kSharedFile;
      good = good &&
             (needs_file ? region.file >= 1 && region.file <= h.files.count : region.file == 0);
    }
    return good;
  }

  bool regions_possible() const {
    constexpr uint64_t kUserSpaceEnd = uint64_t{1} << 47;
    uint64_t end_before = kPageSize;
    for (const Region& region : regions()) {
      const bool page_aligned =
          ((region.address | region.size | region.offset) & (kPageSize - 1)) == 0;
      if (!page_aligned || region.size == 0 || region.address < end_before) return false;
      if (region.size > kUserSpaceEnd || region.address > kUserSpaceEnd - region.size) return false;
      if (region.kind < RegionKind::kImage || region.kind > RegionKind::kStack) return false;
      if (region.protection > 7) return false;
      if (region.kind == RegionKind::kImage &&
          (region.size > header().file_size || region.offset > header().file_size - region.size))
        return false;
      end_before = region.address + region.size;
    }
    return true;
  }

  const unsigned char* block_;
};

}  // namespace pysnap::format
