// Python's objects in a snapshot, found in the pools of its allocator (Objects/obmalloc.c).
//
// Layouts of CPython 3.10 to 3.13, default build: Include/cpython/dictobject.h and setobject.h,
// Include/internal/pycore_dict.h, Objects/dict-common.h (3.10), Include/cpython/weakrefobject.h.
// The agent has cleared free blocks, so what looks like an object is one.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "format/relocation.h"
#include "snapshot/snapshot_memory.h"

namespace pysnap::snapshot {

// Of a type or of one derived from it. kKept: without references, kept for the next of its type.
enum class ObjectKind {
  kOther,
  kDictionary,
  kList,
  kSet,
  kWeakReference,
  kContextVariable,
  kText,
  kKept
};

struct HeapObject {
  uint64_t begin;  // of its block: the collector's header lies before the object
  uint64_t address;
  uint64_t end;  // of its block
  ObjectKind kind;
};

class PythonHeap {
 public:
  // `minor_version`: of CPython 3. Both arguments by reference must outlive this.
  PythonHeap(const SnapshotMemory& memory, const format::PythonHeap& heap, int minor_version);

  // Ascending addresses.
  const std::vector<HeapObject>& objects() const { return objects_; }
  const HeapObject* object_at(uint64_t address) const;  // whose block that is, or nullptr

  std::optional<format::HashTable> dictionary_table(uint64_t dictionary) const;
  // Entries of a dictionary with any keys are (hash, key, value). With texts as keys, those since
  // 3.11 are (key, value).
  bool has_hashes(uint64_t dictionary) const;
  std::optional<format::HashTable> set_table(uint64_t set) const;

  // Whose first words are links to the next.
  bool is_free_block(uint64_t address) const { return free_blocks_.contains(address); }

  // Whether an object's hash depends on no address: of texts, numbers and the like.
  bool has_constant_hash(uint64_t object) const;

  bool is_item_of_list(uint64_t place) const;

  // Addresses and sizes; empty: not known.
  const std::map<uint64_t, uint64_t>& arenas() const { return arenas_; }

 private:
  void read_arenas(const format::PythonHeap& heap);
  void find_objects(uint64_t arena, uint64_t size);
  void find_in_pool(uint64_t pool);
  void note_items(uint64_t list);
  void find_in_block(uint64_t block, uint64_t size);
  ObjectKind kind_of_type(uint64_t type);
  bool is_type(uint64_t address) const;
  bool is_collector_header(uint64_t address) const;

  const SnapshotMemory& memory_;
  const int minor_version_;
  std::map<uint64_t, uint64_t> arenas_;
  std::map<uint64_t, ObjectKind> kinds_;  // by address of the type
  std::set<uint64_t> constant_hash_;      // types
  std::vector<HeapObject> objects_;
  std::set<uint64_t> free_blocks_;
  std::map<uint64_t, uint64_t> items_;  // of lists: where they begin and end
};

// The tree by which the allocator knows its arenas; root 0: not found. `pointers`: places of words
// that hold addresses.
format::ArenaTree find_arena_tree(const SnapshotMemory& memory, const PythonHeap& heap,
                                  const std::vector<uint64_t>& pointers);

struct ArenaTreeNodes {
  std::vector<SnapshotMemory::Range> nodes;  // what is in them depends on the addresses of arenas
  std::vector<uint64_t> pointers;            // places of the addresses in them
};
ArenaTreeNodes read_arena_tree(const SnapshotMemory& memory, const format::ArenaTree& tree);

}  // namespace pysnap::snapshot
