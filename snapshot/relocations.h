// All that a snapshot needs to lie somewhere else.
#pragma once

#include <cstdint>
#include <vector>

#include "format/relocation.h"
#include "snapshot/snapshot.h"
#include "support/error.h"

namespace pysnap::snapshot {

struct Relocation {
  uint64_t place;  // in the first snapshot; a multiple of 2
  format::RelocationKind kind;
};

struct Relocations {
  std::vector<Relocation> words;            // ascending places; no two overlap
  std::vector<format::DerivedHash> hashes;  // ascending places
  std::vector<format::HashTable> tables;    // ascending addresses of slots
  format::ArenaTree arena_tree = {};
  uint64_t step = 0;  // slides are multiples of it
};

// Bytes that nobody reads any more, but which depend on where the arena lies: an image has zeros
// there.
struct DeadBytes {
  uint64_t place;
  uint64_t size;
};

// A word for which there is no rule: the snapshot must stay where it is.
struct UnexplainedWord {
  uint64_t place;
  uint64_t found;
  uint64_t wanted;  // in the boot that lay elsewhere
};

struct RelocationStudy {
  Relocations relocations;
  std::vector<UnexplainedWord> unexplained;
  std::vector<DeadBytes> dead;
  uint64_t unrepeatable_words = 0;  // differ between boots at one place: they depend on no address
  uint64_t texts = 0;               // that tell an address; they are left as they are
};

// Three boots with equal inputs: `first`, `same` with an equal ceiling, `moved` with another one.
// Which CPython 3 they are is told by `minor_version`.
//
// The invariant: with `first` changed as its relocations say, it is `moved`, but for words that are
// counted or listed in the study.
support::Result<RelocationStudy> study_relocations(const Snapshot& first, const Snapshot& same,
                                                   const Snapshot& moved, int minor_version);

}  // namespace pysnap::snapshot
