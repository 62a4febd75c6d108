// The image file: what the builder writes, the restorer trusts after checking, `inspect` explains.
//
// Why this shape. A launch has about a millisecond; a mapping costs 3-5 µs, a touched page 2 µs,
// so the restorer must know every mapping before it makes the first one, from one contiguous read.
// Hence ONE metadata block near the start of the file, right behind the program headers, holding a
// fixed header, tables of fixed-size records and a string area, under one checksum.
// Page data follow in address order, so that neighbours in memory are neighbours in the file and
// one mmap covers them. Captured data are also PT_LOAD segments: readelf, objdump and gdb see them.
//
// What was dropped: one record per PT_LOAD only (the kernel refuses more than 64 KiB of program
// headers, about 1,170, and zero or file-backed regions have no place there); a compressed
// image (no copy-on-write from the page cache, which is the whole point); an ELF note or
// a program header of its own type (eu-elflint knows short lists and calls all others errors).
//
// Trust: `complete` and `metadata_checksum` are written last. A file cut at any point, or with a
// flipped byte in the ELF header, the program headers or the metadata, fails the seal. Page bytes
// have their own checksums, checked by `pysnap verify` and never on the hot path.
//
// An image is a cache entry: `version` must match exactly; nothing is ever migrated.
// Zero is never a valid kind. All records are little-endian, without padding.
#pragma once

#include <cstdint>
#include <type_traits>

#include "format/agent_contract.h"
#include "format/value_digest.h"

namespace pysnap::format {

// Where the metadata block begins: after the ELF header (64 bytes) and the program headers (56
// each), both multiples of 8.
constexpr uint64_t metadata_offset(uint64_t program_header_count) {
  return 64 + 56 * program_header_count;
}

inline constexpr uint64_t kImageMagic = 0x70616e7379700a1a;
inline constexpr uint32_t kImageVersion = 11;
inline constexpr uint64_t kComplete = 0x6574656c706d6f63;  // "complete"
inline constexpr uint64_t kPageSize = 4096;

// A table inside the metadata block; `offset` counts from the block's first byte.
struct Table {
  uint64_t offset;
  uint32_t count;
  uint32_t entry_size;
};

enum class RegionKind : uint32_t {
  kImage = 1,       // private mapping of this file
  kFile = 2,        // private mapping of an original file (text, untouched data)
  kZero = 3,        // anonymous, zero
  kReserved = 4,    // anonymous, PROT_NONE: keeps others out (guard pages, allocator reserves)
  kSharedFile = 5,  // read-only shared mapping of an original file
  kStack = 6,       // the unused part of the main stack: as much as RLIMIT_STACK allows
};

inline constexpr uint32_t kWipeOnFork = 1;  // zero in every launch, advised again (madvise(2))
inline constexpr uint32_t kDroppable = 2;   // kZero made with MAP_DROPPABLE (mmap(2), Linux 6.11)
inline constexpr uint32_t kRelocated = 4;   // kImage with words of the relocation table

// One mapping the restorer makes. Addresses, sizes and offsets are multiples of the page size.
struct Region {
  uint64_t address;
  uint64_t size;
  uint64_t offset;  // kImage: in this file; kFile, kSharedFile: in file `file`; else 0
  RegionKind kind;
  uint32_t protection;  // PROT_* bits
  uint32_t file;        // 1-based index into `files`; 0: none
  uint32_t flags;
};

enum class FileRole : uint32_t {
  kMapped = 1,  // regions map it: its bytes must be what they were
  kCopied = 2,  // its bytes are in the image, but its identity still counts
};

// An original file and the identity it had: a changed one makes the image unfit.
struct File {
  uint64_t path;  // string offset
  uint64_t size;
  uint64_t inode;
  int64_t modified_seconds;
  int64_t modified_nanoseconds;
  uint64_t build_id;  // string offset, hexadecimal; 0: none
  FileRole role;
  uint32_t reserved;
};

// A run of bytes behind the metadata block and their checksum (XXH3-64), in file order and without
// gaps up to the end of the file: the seal and the segments together cover every byte.
struct Segment {
  uint64_t offset;
  uint64_t size;
  uint64_t
      address;  // 0: not captured memory (the restorer, relocations, section names and headers)
  uint64_t checksum;
};

enum class VariableKind : uint32_t {
  kUnset = 1,      // it was not set
  kValue = 2,      // a variable of the interpreter or of a library, as it was
  kDigest = 3,     // any other one: its value may be a secret
  kIgnored = 4,    // the configuration wants it not to be compared
  kDirectory = 5,  // no variable: the working directory, named after a module that has looked at it
  kAbsent = 6,     // no variable: what must not be in the working directory, and who has sought it
};

// A start-up variable and what the interpreter saw; an image serves only launches that agree.
struct EnvironmentKey {
  uint64_t name;       // string offset
  uint64_t value;      // kValue, kDirectory, kAbsent: string offset; else 0
  ValueDigest digest;  // kDigest; else 0
  VariableKind kind;
  uint32_t reserved;
};

// A string of a list: module names, notices, options of Python.
struct Text {
  uint64_t text;  // string offset
};

// What was found at a path that the boot looked up, other than the files above.
enum class DependencyKind : uint32_t {
  kFile = 1,       // size, inode and times; where only the time of change differs, the digest
  kMissing = 2,    // nothing, or nothing that could be examined
  kDirectory = 3,  // a directory; what is in it does not matter
  kListed = 4,     // a directory that was listed: inode and times, else the digest of its listing
  kOther = 5,      // a device, a socket or a pipe
};

// No file has it: a time of change that the next change could repeat is kept as this one.
inline constexpr uint32_t kNoTime = 0xffffffff;

// Files above this have no digest.
inline constexpr uint64_t kMostDigestedBytes = uint64_t{8} << 20;

// Launches examine these in the order of the table. `name` is a path, or a name in the directory
// that a DependencyFolder opens once for all of them: one walk through a long path instead of many.
//
// Why two times: everybody can set that of modification (utimensat(2)), and some tools give all
// files the same. That of change (st_ctim) is the kernel's, but chmod(1), a rename and a new hard
// link move it too; hence the digest, which is looked at only then.
struct Dependency {
  uint64_t name;  // string offset
  uint64_t size;
  uint64_t inode;
  int64_t modified_seconds;
  int64_t changed_seconds;
  uint64_t digest;  // kFile: XXH3-64 of its bytes; 0: not known
  uint32_t modified_nanoseconds;
  uint32_t changed_nanoseconds;  // or kNoTime
  DependencyKind kind;
  uint32_t listing;  // kListed: 1-based index into `listings`; else 0
};

// The next `count` dependencies.
struct DependencyFolder {
  uint64_t path;  // string offset; 0: their names are whole paths
  uint32_t count;
  uint32_t reserved;
};

inline constexpr uint32_t kEveryName = 1;      // all names matter
inline constexpr uint32_t kPathFiles = 2;      // those that end with .pth do (site.py)
inline constexpr uint32_t kDistributions = 4;  // those of installed distributions do

// Which names of a listed directory matter, and the digest of those that were there
// (format/listing.h).
struct Listing {
  uint64_t digest;
  uint32_t first_stem;  // its stems in `stems`
  uint32_t stem_count;
  uint32_t rules;  // kEveryName and the like
  uint32_t reserved;
};

// XXH3-64 of a module's name, which matters with every suffix of a module's file, or of the whole
// name of any other file. Ascending for each listing.
struct Stem {
  uint64_t hash;
};

inline constexpr uint32_t kDependenciesUnknown = 1;  // they could not be recorded: none is compared
inline constexpr uint32_t kTrusted = 2;  // none is compared, because somebody wants it so
// Each launch lies at another random place, unless it is told otherwise.
inline constexpr uint32_t kMovesAtLaunch = 4;

// Pages that a launch writes whatever it runs, found by the builder's own launch. They are copied
// in one go: a page copied on a write fault costs 2.3-2.7 µs, in a batch 1.6-2.1. A hint only.
struct HotRun {
  uint64_t address;
  uint64_t size;
};

// One special mapping of the kernel ([vvar], [vvar_vclock], [vdso]); `offset` counts from the slot.
struct KernelMapping {
  uint64_t offset;
  uint64_t size;
};

inline constexpr uint32_t kKernelMappingCount = 4;

// Where the kernel's time functions must be found: moved there at launch (mremap(2)), so that the
// pointers the captured C library holds stay right. Same bytes = same symbols and same layout.
struct KernelPage {
  uint64_t slot;         // address of the first mapping
  uint64_t code_offset;  // of [vdso] in the slot
  uint64_t code_size;
  uint64_t code_checksum;                       // XXH3-64 of the [vdso] bytes
  KernelMapping mappings[kKernelMappingCount];  // in address order; size 0: unused
};

// What must be equal for captured code to run: IFUNC choices and numeric kernels were made for it.
struct Processor {
  uint32_t signature;       // CPUID leaf 1 eax
  uint32_t features[4];     // CPUID leaf 1 ecx, edx; leaf 7 ebx, ecx
  uint32_t extended_state;  // XCR0, low half
};

struct ImageHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t header_size;
  uint64_t metadata_size;      // of the whole block
  uint64_t file_size;          // of the whole image: a cut file is known before it is mapped
  uint64_t front_checksum;     // XXH3-64 of the bytes before the block
  uint64_t metadata_checksum;  // XXH3-64 of the block with this field and `complete` zero
  uint64_t complete;           // kComplete, written last

  Table regions;       // Region, ascending address
  Table files;         // File
  Table segments;      // Segment, ascending offset
  Table modules;       // Text, order of import
  Table environment;   // EnvironmentKey
  Table notices;       // Text: what was shed, what looks suspicious
  Table hot_runs;      // HotRun, ascending address
  Table options;       // Text: options of Python that the interpreter was started with
  Table folders;       // DependencyFolder
  Table dependencies;  // Dependency, as the folders count them
  Table listings;      // Listing
  Table stems;         // Stem
  Table captured;      // Text: variables of the build whose values are in the pages
  Table strings;       // bytes; offset 0 is the empty string

  uint64_t arena_low;
  uint64_t arena_high;  // the ceiling
  // The relocation table (format/relocation_table.h) is a segment of its own; size 0: there is
  // none, and the image stays where it is.
  uint64_t relocation_offset;  // in the file
  uint64_t relocation_size;
  uint64_t relocation_ceiling;  // where the places of that table are named
  uint64_t restorer_address;    // of the embedded restorer; the entry point lies inside
  uint64_t resume_entry;
  uint64_t resume_stack_pointer;
  uint64_t stack_top;            // the main stack ends here
  uint64_t interpreter;          // string: path that plain Python is started with
  uint64_t interpreter_version;  // string
  uint64_t created_seconds;      // since the epoch
  uint64_t generation;           // random, names the image
  uint64_t program;              // string: the script of an image for one program; else empty
  Processor processor;
  uint32_t interpreter_file;  // 1-based index into `files`
  uint32_t program_kind;      // how a launch runs `program`: kScript or kCheckpoint; 0: none
  uint32_t flags;             // kDependenciesUnknown, kTrusted, kMovesAtLaunch
  uint32_t reserved;
  KernelPage kernel_page;
  KernelState kernel;
};

template <typename T>
inline constexpr bool kIsRecord =
    std::is_trivially_copyable_v<T>&& std::has_unique_object_representations_v<T>;

static_assert(kIsRecord<Region> && sizeof(Region) == 40);
static_assert(kIsRecord<File> && sizeof(File) == 56);
static_assert(kIsRecord<Segment> && sizeof(Segment) == 32);
static_assert(kIsRecord<EnvironmentKey> && sizeof(EnvironmentKey) == 40);
static_assert(kIsRecord<HotRun> && sizeof(HotRun) == 16);
static_assert(kIsRecord<Text> && sizeof(Text) == 8);
static_assert(kIsRecord<Dependency> && sizeof(Dependency) == 64);
static_assert(kIsRecord<DependencyFolder> && sizeof(DependencyFolder) == 16);
static_assert(kIsRecord<Listing> && sizeof(Listing) == 24);
static_assert(kIsRecord<Stem> && sizeof(Stem) == 8);
static_assert(kIsRecord<KernelState> && sizeof(KernelState) == 80 + 32 * kSignalCount);
static_assert(kIsRecord<AgentState>);
static_assert(kIsRecord<ImageHeader> && sizeof(ImageHeader) == 528 + sizeof(KernelState));

}  // namespace pysnap::format
