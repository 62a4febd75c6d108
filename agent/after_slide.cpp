// Invariant: nothing allocates before the object allocator's tree is right again, and no dictionary
// is read before its slots are.
#include "agent/after_slide.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/arena_tree.h"
#include "agent/clean_memory.h"
#include "agent/hash_tables.h"
#include "agent/python_api.h"
#include "format/relocation_table.h"

namespace pysnap::agent {
namespace {

using format::DerivedHash;
using format::HashRule;
using format::HashTable;
using format::Placement;
using format::RelocationView;
using format::TableKind;

constexpr uint64_t kWord = sizeof(uint64_t);

[[noreturn]] void end_launch(const char* sentence) {
  constexpr int kLauncherFailed = 125;
  const auto written = write(STDERR_FILENO, sentence, strlen(sentence));
  static_cast<void>(written);
  _exit(kLauncherFailed);
}

ArenaTree tree;

class Settling {
 public:
  Settling(const RelocationView& view, const format::Movement& movement)
      : view_(view),
        placement_{movement.low, movement.distance},
        slide_(movement.slide),
        low_before_(movement.low + movement.distance - movement.slide) {}

  // 1. Hashes that objects keep of themselves are computed again when they are asked for.
  void forget_hashes() const {
    constexpr uint64_t kUnknown = ~uint64_t{0};
    for (const DerivedHash& hash : view_.hashes()) {
      if (hash.rule == HashRule::kForgotten) *word_at(hash.place) = kUnknown;
    }
  }

  // 2. The allocator knows its own memory again.
  void fill_tree() const {
    format::ArenaTree shape = view_.header().arena_tree;
    if (shape.root == 0) return;
    shape.root = placement_.at(shape.root);
    tree.begin(shape, slide_);
    const Arenas arenas = known_arenas();
    for (uint64_t i = 0; i < arenas.count; ++i) tree.remove(arenas.first[i].address - slide_);
    for (uint64_t i = 0; i < arenas.count; ++i) tree.unlink(arenas.first[i].address - slide_);
    tree.add_spare_nodes();
    for (uint64_t i = 0; i < arenas.count; ++i) {
      if (!tree.insert(arenas.first[i].address))
        end_launch(
            "pysnap-run: the image cannot lie here: its arenas need too many nodes; "
            "launch it again\n");
    }
  }

  // 3. Keys of sets, and hashes that are addresses of objects.
  void move_sets() const {
    for (const HashTable& table : view_.tables()) {
      if (table.kind != TableKind::kSet) continue;
      SetEntry* slots = slots_of(table);
      for (uint64_t i = 0; i < uint64_t{1} << table.log2_slots; ++i) move(slots[i]);
    }
  }

  // 4. Tables by the hashes in them.
  void fill_tables() const {
    for (const HashTable& table : view_.tables()) fill(table);
  }

  // 5. Hashes of tuples and the like, from the hashes of what they hold: of each other, too.
  // False: there are none.
  bool derive_hashes() const {
    constexpr int kMostRounds = 16;  // as deep as such keys are in each other
    bool has_any = false;
    for (int round = 0; round < kMostRounds; ++round) {
      if (round != 0) forget_hashes();
      bool changes = false;
      for (const DerivedHash& hash : view_.hashes()) {
        if (hash.rule != HashRule::kForgotten) changes |= derive(hash);
      }
      for (const HashTable& table : view_.tables()) {
        if (table.kind == TableKind::kSet && table.entry_count != 0)
          changes |= derive_in_set(table);
      }
      if (!changes) break;
      has_any = true;
    }
    return has_any;
  }

  // For the entries of the largest set.
  void make_room() {
    for (const HashTable& table : view_.tables()) {
      if (table.kind == TableKind::kSet && size_of(table) > room_size_) room_size_ = size_of(table);
    }
    if (room_size_ == 0) return;
    void* memory =
        mmap(nullptr, room_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) end_launch("pysnap-run: out of memory\n");
    room_ = static_cast<SetEntry*>(memory);
  }

  void give_room_back() const {
    if (room_ != nullptr) munmap(room_, room_size_);
  }

  template <typename Visit>
  void visit_changes(Visit&& visit) const {
    for (const DerivedHash& hash : view_.hashes()) visit(word_at(hash.place), kWord);
    for (const HashTable& table : view_.tables()) {
      visit(word_at(table.slots), size_of(table));
      if (table.kind == TableKind::kSet) visit(word_at(table.entries), kWord);
    }
    if (view_.header().arena_tree.root != 0) tree.visit_nodes(visit);
  }

 private:
  uint64_t* word_at(uint64_t place) const {
    return reinterpret_cast<uint64_t*>(placement_.at(place));
  }

  static uint64_t size_of(const HashTable& table) {
    return uint64_t{table.slot_bytes} << table.log2_slots;
  }

  SetEntry* slots_of(const HashTable& table) const {
    return reinterpret_cast<SetEntry*>(placement_.at(table.slots));
  }

  void move(SetEntry& entry) const {
    const auto before = reinterpret_cast<uint64_t>(entry.key);
    if (before == 0 || before < low_before_) return;
    const uint64_t after = before + slide_;
    entry.key = reinterpret_cast<const void*>(after);
    if (entry.hash == format::identity_hash(before)) entry.hash = format::identity_hash(after);
  }

  void fill(const HashTable& table) const {
    if (table.kind == TableKind::kDictionary) {
      fill_dictionary(word_at(table.slots), table.slot_bytes, table.log2_slots,
                      reinterpret_cast<const DictionaryEntry*>(placement_.at(table.entries)),
                      table.entry_count);
    } else {
      *word_at(table.entries) = fill_set(slots_of(table), table.log2_slots, room_);
    }
  }

  static uint64_t hash_of(const void* key) {
    const long hash = python.PyObject_Hash(static_cast<PyObject*>(const_cast<void*>(key)));
    if (hash != -1) return static_cast<uint64_t>(hash);
    python.PyErr_Print();
    end_launch(
        "pysnap-run: the image cannot lie here: the hash of a key cannot be computed; "
        "launch it with --aslr=image\n");
  }

  // Whether the hash has changed.
  static bool set_hash(uint64_t& hash, const void* key) {
    const uint64_t before = hash;
    hash = hash_of(key);
    return hash != before;
  }

  bool derive(const DerivedHash& hash) const {
    uint64_t* place = word_at(hash.place);
    const uint64_t key = hash.rule == HashRule::kOfNext ? place[1] : place[-1];
    if (key == 0) return false;
    return set_hash(*place, reinterpret_cast<const void*>(key));
  }

  bool derive_in_set(const HashTable& table) const {
    bool changes = false;
    SetEntry* slots = slots_of(table);
    for (uint64_t i = 0; i < uint64_t{1} << table.log2_slots; ++i) {
      const bool is_derived =
          slots[i].key != nullptr && slots[i].hash != kRemovedHash &&
          slots[i].hash != format::identity_hash(reinterpret_cast<uint64_t>(slots[i].key));
      if (is_derived) changes |= set_hash(slots[i].hash, slots[i].key);
    }
    return changes;
  }

  const RelocationView view_;
  const Placement placement_;
  const uint64_t slide_;
  const uint64_t low_before_;  // what lay below does not move
  SetEntry* room_ = nullptr;
  uint64_t room_size_ = 0;
};

void send(int descriptor, const void* bytes, size_t size) {
  const char* rest = static_cast<const char*>(bytes);
  while (size > 0) {
    const auto sent = write(descriptor, rest, size);
    if (sent <= 0) _exit(1);  // the builder is gone, or sees that the last record is missing
    rest += sent;
    size -= static_cast<size_t>(sent);
  }
}

[[noreturn]] void report(int descriptor, const Settling& settling) {
  settling.visit_changes([descriptor](const void* address, uint64_t size) {
    const uint64_t header[2] = {reinterpret_cast<uint64_t>(address), size};
    send(descriptor, header, sizeof header);
    send(descriptor, address, size);
  });
  const uint64_t end[2] = {0, 0};
  send(descriptor, end, sizeof end);
  _exit(0);
}

}  // namespace

void settle_after_slide(const format::LaunchRequest& request) {
  const format::Movement& movement = request.movement;
  if (movement.table == nullptr) return;
  const RelocationView view(movement.table);
  Settling settling(view, movement);
  settling.forget_hashes();
  settling.fill_tree();
  settling.make_room();
  settling.move_sets();
  settling.fill_tables();
  if (settling.derive_hashes()) settling.fill_tables();
  settling.give_room_back();
  if ((request.flags & format::kReportsSlide) != 0)
    report(static_cast<int>(request.control), settling);
  munmap(const_cast<format::RelocationTable*>(movement.table), view.header().size);
}

}  // namespace pysnap::agent
