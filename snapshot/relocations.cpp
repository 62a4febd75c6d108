// The steps of study_relocations() are at the end.
#include "snapshot/relocations.h"

#include <algorithm>
#include <map>
#include <set>

#include "format/arena_layout.h"
#include "snapshot/compare_boots.h"
#include "snapshot/odd_words.h"
#include "snapshot/python_heap.h"
#include "snapshot/stale_bytes.h"

namespace pysnap::snapshot {
namespace {

using format::DerivedHash;
using format::HashRule;
using format::HashTable;
using format::RelocationKind;
using format::TableKind;
using support::Result;
using support::Status;
using Range = SnapshotMemory::Range;

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr uint64_t kEntrySize = 3 * kWord;  // of a dictionary: hash, key, value
constexpr uint64_t kTextHash = 24;
constexpr uint64_t kWeakReferenceHash = 32;
constexpr uint64_t kSetHash = 48;  // of a frozenset; a set has -1 there
constexpr uint64_t kContextVariableHash = 56;
constexpr uint64_t kCachedCallHash = 32;
constexpr uint64_t kSmallTable = 64;
constexpr uint64_t kSmallTableEnd = kSmallTable + 8 * 2 * kWord;
constexpr uint64_t kNoHash = ~uint64_t{0};

// malloc(3) finds the heap of a chunk of any but the first by masking its address
// (HEAP_MAX_SIZE, malloc/arena.c).
constexpr uint64_t kNativeHeapStep = uint64_t{64} << 20;

class Study {
 public:
  Study(const Snapshot& snapshot, const BootPair& same, const BootPair& moved, int minor_version)
      : snapshot_(snapshot),
        same_(same),
        moved_(moved),
        memory_(moved.first()),
        heap_(memory_, snapshot.agent.heap, minor_version) {}

  RelocationStudy take() { return std::move(study_); }

  // 1. Hash tables with a hash that moves. The slots of such a table are no words to be compared.
  void find_tables() {
    for (const HeapObject& object : heap_.objects()) {
      if (object.kind == ObjectKind::kDictionary) look_at_dictionary(object.address);
      if (object.kind == ObjectKind::kSet) look_at_set(object.address);
      if (object.kind == ObjectKind::kSet || object.kind == ObjectKind::kWeakReference)
        look_at_own_hash(object);
    }
    for (const HeapObject& object : heap_.objects()) {
      if (object.kind == ObjectKind::kOther) look_at_cached_call(object);
    }
    std::sort(left_out_.begin(), left_out_.end(),
              [](const Range& a, const Range& b) { return a.begin < b.begin; });
  }

  // 2. All other words that differ, by their equations.
  void compare_words() {
    Comparison comparison = moved_.compare(left_out_);
    unexplained_ = std::move(comparison.unexplained);
    std::vector<Relocation>& words = study_.relocations.words;
    words.insert(words.end(), comparison.relocations.begin(), comparison.relocations.end());
  }

  // 3. The tree of the allocator. Its pointers stand at other indices in the other boot.
  void find_tree() {
    std::vector<uint64_t> pointers = unexplained_;
    for (const Relocation& word : study_.relocations.words) {
      if (word.kind == RelocationKind::kAddress) pointers.push_back(word.place);
    }
    const format::ArenaTree root = find_arena_tree(memory_, heap_, pointers);
    study_.relocations.arena_tree = root;
    if (root.root == 0) return;
    const ArenaTreeNodes tree = read_arena_tree(memory_, root);
    for (const Range& node : tree.nodes) forget_in(node);
    for (const uint64_t place : tree.pointers)
      study_.relocations.words.push_back({place, RelocationKind::kAddress});
    for (const Range& node : read_arena_tree(moved_.second(), root).nodes) forget_in(node);
  }

  // 4. What is left: hashes that were computed from addresses, texts, and what no boot repeats.
  void judge_rest() {
    for (const uint64_t place : unexplained_) judge(place);
    std::vector<DerivedHash>& hashes = study_.relocations.hashes;
    std::sort(hashes.begin(), hashes.end(),
              [](const DerivedHash& a, const DerivedHash& b) { return a.place < b.place; });
    std::vector<Relocation>& words = study_.relocations.words;
    std::sort(words.begin(), words.end(),
              [](const Relocation& a, const Relocation& b) { return a.place < b.place; });
    study_.relocations.step =
        snapshot_.agent.heap.native_heaps > 1 ? kNativeHeapStep : format::kCeilingStep;
  }

 private:
  uint64_t moved_address(uint64_t address) const {
    return address >= snapshot_.arena_low ? address + moved_.slide() : address;
  }

  void look_at_dictionary(uint64_t dictionary) {
    const std::optional<HashTable> table = heap_.dictionary_table(dictionary);
    if (!table) return;
    if (!heap_.has_hashes(dictionary)) return look_at_texts(*table);
    bool moves = false;
    bool tells = false;
    for (uint64_t i = 0; i < table->entry_count; ++i) {
      const uint64_t entry = table->entries + i * kEntrySize;
      const std::optional<uint64_t> hash = memory_.word(entry);
      const std::optional<uint64_t> key = memory_.word(entry + kWord);
      if (!hash || !key || *key == 0) continue;
      if (is_mixed(*hash, *key) &&
          moved_.second().word(entry + kWord).value_or(0) == moved_address(*key)) {
        add_derived(entry, HashRule::kOfNext, *hash, *key);
        moves = true;
      }
      const bool differs = moved_.second().word(entry) != *hash;
      // A text that tells an address stays as it is, and so does its hash.
      const bool is_told = differs && memory_.word(*key + kTextHash) == *hash &&
                           memory_.word(*key + kWord) == snapshot_.agent.heap.text;
      if (is_told) left_out_.push_back({entry, entry + kWord, nullptr});
      tells = tells || is_told;
      moves = moves || (differs && !is_told);
    }
    if (moves)
      add_table(*table, uint64_t{table->slot_bytes} << table->log2_slots);
    else if (tells)
      left_out_.push_back({table->slots, table->entries, nullptr});
  }

  // A text that tells an address stays as it is, and so does its place in a dictionary.
  void look_at_texts(const HashTable& table) {
    for (uint64_t i = 0; i < table.entry_count; ++i) {
      const uint64_t key = memory_.word(table.entries + i * 2 * kWord).value_or(0);
      const std::optional<uint64_t> hash = memory_.word(key + kTextHash);
      if (key == 0 || !hash || moved_.second().word(key + kTextHash) == hash) continue;
      left_out_.push_back({table.slots, table.entries, nullptr});
      return;
    }
  }

  // Entries of a set stand where their hashes put them; so its keys tell which is which.
  void look_at_set(uint64_t set) {
    const std::optional<HashTable> table = heap_.set_table(set);
    if (!table) return;
    const std::map<uint64_t, uint64_t> entries = set_entries(memory_, *table);
    const std::map<uint64_t, uint64_t> others = set_entries(moved_.second(), *table);
    if (entries.size() != others.size()) return;
    bool moves = false;
    for (const auto& [key, hash] : entries) {
      const auto other = others.find(moved_address(key));
      if (other == others.end()) return;
      moves = moves || other->second != hash || is_mixed(hash, key);
    }
    if (!moves) return;
    add_table(*table, uint64_t{table->slot_bytes} << table->log2_slots);
    const uint64_t slots = uint64_t{1} << table->log2_slots;
    for (uint64_t i = 0; i < slots; ++i) {
      const uint64_t place = table->slots + i * 2 * kWord;
      const uint64_t key = *memory_.word(place);
      const uint64_t hash = *memory_.word(place + kWord);
      if (key == 0) continue;
      if (key >= snapshot_.arena_low)
        study_.relocations.words.push_back({place, RelocationKind::kAddress});
      if (hash == kNoHash) continue;
      const RelocationKind kind =
          moved_.equation(place + kWord, hash, others.at(moved_address(key)));
      if (is_mixed(hash, key))
        add_derived(place + kWord, HashRule::kOfPrevious, hash, key);
      else if (kind != RelocationKind{0} && others.at(moved_address(key)) != hash)
        study_.relocations.words.push_back({place + kWord, kind});
    }
  }

  // Neither a constant nor the address of the key: what it was made of, no comparison tells. The
  // hash of a method, two addresses mixed with exclusive-or, is often equal in two boots.
  bool is_mixed(uint64_t hash, uint64_t key) const {
    return hash != kNoHash && !heap_.has_constant_hash(key) && hash != format::identity_hash(key);
  }

  static std::map<uint64_t, uint64_t> set_entries(const SnapshotMemory& memory,
                                                  const HashTable& table) {
    std::map<uint64_t, uint64_t> entries;
    for (uint64_t i = 0; i < uint64_t{1} << table.log2_slots; ++i) {
      const uint64_t key = memory.word(table.slots + i * 2 * kWord).value_or(0);
      if (key != 0) entries[key] = memory.word(table.slots + i * 2 * kWord + kWord).value_or(0);
    }
    return entries;
  }

  void add_table(const HashTable& table, uint64_t size) {
    const auto has_it = [&](const HashTable& other) { return other.slots == table.slots; };
    std::vector<HashTable>& tables = study_.relocations.tables;
    if (std::any_of(tables.begin(), tables.end(), has_it)) return;
    tables.push_back(table);
    left_out_.push_back({table.slots, table.slots + size, nullptr});
  }

  void add_derived(uint64_t place, HashRule rule, uint64_t hash, uint64_t key) {
    study_.relocations.hashes.push_back({place, rule, 0});
    derived_.insert({hash, key});
    left_out_.push_back({place, place + kWord, nullptr});
  }

  // A cached call (lru_list_elem, Modules/_functoolsmodule.c) has the hash and the key of its
  // entry.
  void look_at_cached_call(const HeapObject& object) {
    const uint64_t place = object.address + kCachedCallHash;
    if (place + 2 * kWord > object.end) return;
    const uint64_t hash = memory_.word(place).value_or(0);
    const uint64_t key = memory_.word(place + kWord).value_or(0);
    if (derived_.contains({hash, key})) add_derived(place, HashRule::kOfNext, hash, key);
  }

  // The hashes that frozen sets and weak references keep are forgotten; but one whose object is
  // gone has no other.
  void look_at_own_hash(const HeapObject& object) {
    const bool is_set = object.kind == ObjectKind::kSet;
    const uint64_t place = object.address + (is_set ? kSetHash : kWeakReferenceHash);
    const uint64_t hash = memory_.word(place).value_or(kNoHash);
    if (hash == kNoHash) return;
    const uint64_t referent = is_set ? 0 : memory_.word(object.address + 2 * kWord).value_or(0);
    if (!is_set && (referent == 0 || referent == snapshot_.agent.heap.none)) return;
    study_.relocations.hashes.push_back({place, HashRule::kForgotten, 0});
    left_out_.push_back({place, place + kWord, nullptr});
  }

  void forget_in(const Range& range) {
    const auto is_inside = [&](uint64_t place) {
      return place >= range.begin && place < range.end;
    };
    std::erase_if(unexplained_, is_inside);
    std::erase_if(study_.relocations.words,
                  [&](const Relocation& word) { return is_inside(word.place); });
  }

  void judge(uint64_t place) {
    const uint64_t found = *memory_.word(place);
    const uint64_t wanted = *moved_.second().word(place);
    if (heap_.is_free_block(place) || is_item(place, found, wanted))
      return add_address_out_of_order(place, found);
    const HeapObject* object = heap_.object_at(place);
    if (object != nullptr && judge_in_object(place, found, wanted, *object)) return;
    const uint64_t stale = stale_bytes(moved_, {snapshot_.arena_low, snapshot_.ceiling}, place);
    if (stale != 0) {
      study_.dead.push_back({place + kWord - stale, stale});
    } else if (is_of_processor(snapshot_.processor, found, wanted) ||
               is_of_generator(memory_, place)) {
      ++study_.unrepeatable_words;
    } else if (tells_address(found, wanted)) {
      ++study_.texts;
    } else if (is_dead(place)) {
      study_.dead.push_back({place, kWord});
    } else if (same_.second().word(place) != same_.first().word(place)) {
      ++study_.unrepeatable_words;
    } else {
      study_.unexplained.push_back({place, found, wanted});
    }
  }

  // One of a list whose order is no other's business.
  void add_address_out_of_order(uint64_t place, uint64_t found) {
    if (found >= snapshot_.arena_low)
      study_.relocations.words.push_back({place, RelocationKind::kAddress});
  }

  bool judge_in_object(uint64_t place, uint64_t found, uint64_t wanted, const HeapObject& object) {
    const uint64_t offset = place - object.address;
    if (place < object.address) {  // in a list of the collector
      add_address_out_of_order(place, found);
      return true;
    }
    switch (object.kind) {
      case ObjectKind::kText:
        ++study_.texts;
        return true;
      case ObjectKind::kContextVariable:  // its hash is made once, for good (Python/context.c)
        return offset == kContextVariableHash;
      case ObjectKind::kKept:  // a frame with what was on its stack (3.10)
        if (!are_addresses(found, wanted)) return false;
        add_address_out_of_order(place, found);
        return true;
      case ObjectKind::kSet:
        // The table inside of it, which was in use before it grew.
        if (offset < kSmallTable || offset >= kSmallTableEnd) return false;
        study_.dead.push_back({place, kWord});
        return true;
      case ObjectKind::kWeakReference:
        // The order of references to one object is that in which they were made, which may come
        // from the order of a set.
        if (offset != kWeakReferenceHash + kWord && offset != kWeakReferenceHash + 2 * kWord)
          return false;
        add_address_out_of_order(place, found);
        return true;
      default:
        return false;
    }
  }

  // Of a list that was made in the order of a set.
  bool is_item(uint64_t place, uint64_t found, uint64_t wanted) const {
    return heap_.is_item_of_list(place) && are_addresses(found, wanted);
  }

  // Each in its own boot.
  bool are_addresses(uint64_t found, uint64_t wanted) const {
    return is_address(found) && is_address(wanted - (wanted == 0 ? 0 : moved_.slide()));
  }

  bool is_address(uint64_t word) const {
    return word == 0 || (word >= snapshot_.arena_low && word < snapshot_.ceiling);
  }

  // Below what is in use of the stack, or written by the kernel.
  bool is_dead(uint64_t place) const {
    const format::KernelState& kernel = snapshot_.agent.kernel;
    if (place >= kernel.rseq_address && place < kernel.rseq_address + kernel.rseq_size) return true;
    return place >= snapshot_.ceiling - format::kStackSlotSize && place < snapshot_.agent.frame;
  }

  const Snapshot& snapshot_;
  const BootPair& same_;
  const BootPair& moved_;
  const SnapshotMemory& memory_;
  const PythonHeap heap_;
  std::vector<Range> left_out_;
  std::set<std::pair<uint64_t, uint64_t>> derived_;  // hash and key, of entries
  std::vector<uint64_t> unexplained_;
  RelocationStudy study_;
};

}  // namespace

Result<RelocationStudy> study_relocations(const Snapshot& first, const Snapshot& same,
                                          const Snapshot& moved, int minor_version) {
  const Result<BootPair> repeated = BootPair::of(first, same);
  if (!repeated) return support::fail(repeated.error());
  const Result<BootPair> pair = BootPair::of(first, moved);
  if (!pair) return support::fail(pair.error());
  Study study(first, *repeated, *pair, minor_version);
  study.find_tables();
  study.compare_words();
  study.find_tree();
  study.judge_rest();
  return study.take();
}

}  // namespace pysnap::snapshot
