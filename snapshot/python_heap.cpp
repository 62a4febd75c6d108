#include "snapshot/python_heap.h"

#include <algorithm>
#include <array>

#include "format/python_pool.h"

namespace pysnap::snapshot {
namespace {

using Pool = format::PythonPool;

constexpr uint64_t kWord = sizeof(uint64_t);

// PyObject and PyTypeObject
constexpr uint64_t kTypeOffset = 8;
constexpr uint64_t kTypeFlags = 168;
constexpr uint64_t kTypeBase = 256;
constexpr uint64_t kIsReady = uint64_t{1} << 12;
constexpr uint64_t kIsTypeSubclass = uint64_t{1} << 31;
constexpr int kMostBases = 64;

// In front of an object: nothing, the collector's header, or that and two more words.
constexpr std::array<uint64_t, 3> kHeaderSizes = {0, 16, 32};

constexpr uint64_t kCollectorHeader = 16;

// PyDictObject; the word of its keys
constexpr uint64_t kKeysOffset = 32;
// PyDictKeysObject of 3.10
struct OldKeys {
  uint64_t references;
  uint64_t slots;
  uint64_t look_up;
  uint64_t usable;
  uint64_t entry_count;
};
// and since 3.11
struct Keys {
  uint64_t references;
  uint8_t log2_slots;
  uint8_t log2_index_bytes;
  uint8_t kind;  // 0: any keys
  uint8_t padding;
  uint32_t version;
  uint64_t usable;
  uint64_t entry_count;
};
constexpr int kFirstWithNewKeys = 11;

// PyListObject
struct List {
  uint64_t references;
  uint64_t type;
  uint64_t size;
  uint64_t items;
  uint64_t allocated;
};

// PySetObject
struct Set {
  uint64_t references;
  uint64_t type;
  uint64_t fill;
  uint64_t used;
  uint64_t mask;
  uint64_t table;
};

// Nothing where it cannot be one.
std::optional<format::HashTable> checked(format::HashTable table, uint64_t entry_count) {
  constexpr uint32_t kMostBits = 32;
  if (table.log2_slots > kMostBits || entry_count > uint64_t{1} << table.log2_slots)
    return std::nullopt;
  table.entry_count = static_cast<uint32_t>(entry_count);
  return table;
}

uint32_t log2_of(uint64_t power) { return static_cast<uint32_t>(__builtin_ctzll(power)); }

uint32_t slot_bytes_of(uint64_t slots) {
  if (slots <= 0xff) return 1;
  if (slots <= 0xffff) return 2;
  return slots <= 0xffffffff ? 4 : 8;
}

}  // namespace

PythonHeap::PythonHeap(const SnapshotMemory& memory, const format::PythonHeap& heap,
                       int minor_version)
    : memory_(memory), minor_version_(minor_version) {
  kinds_ = {{heap.dictionary, ObjectKind::kDictionary},
            {heap.list, ObjectKind::kList},
            {heap.set, ObjectKind::kSet},
            {heap.frozen_set, ObjectKind::kSet},
            {heap.weak_reference, ObjectKind::kWeakReference},
            {heap.context_variable, ObjectKind::kContextVariable},
            {heap.text, ObjectKind::kText},
            {0, ObjectKind::kOther}};
  constant_hash_.insert(std::begin(heap.constant_hash), std::end(heap.constant_hash));
  constant_hash_.insert(heap.text);
  constant_hash_.erase(0);
  read_arenas(heap);
  for (const auto& [arena, size] : arenas_) find_objects(arena, size);
  std::sort(objects_.begin(), objects_.end(),
            [](const HeapObject& a, const HeapObject& b) { return a.begin < b.begin; });
}

void PythonHeap::read_arenas(const format::PythonHeap& heap) {
  for (uint64_t i = 0; i < heap.arena_count; ++i) {
    const auto arena = memory_.record<std::array<uint64_t, 2>>(heap.arenas + i * 2 * kWord);
    if (arena) arenas_[(*arena)[0]] = (*arena)[1];
  }
}

void PythonHeap::find_objects(uint64_t arena, uint64_t size) {
  const uint64_t first = (arena + Pool::kSize - 1) / Pool::kSize * Pool::kSize;
  for (uint64_t pool = first; pool + Pool::kSize <= arena + size; pool += Pool::kSize)
    find_in_pool(pool);
}

void PythonHeap::find_in_pool(uint64_t address) {
  const std::optional<Pool> pool = memory_.record<Pool>(address);
  if (!pool || pool->count == 0 || pool->block_size() > Pool::kLargestBlock) return;
  const uint64_t size = pool->block_size();
  uint64_t free_block = pool->free_block;
  for (uint64_t i = 0; i < Pool::kSize / Pool::kStep && free_block != 0; ++i) {
    free_blocks_.insert(free_block);
    free_block = memory_.word(free_block).value_or(0);
  }
  for (uint64_t at = sizeof(Pool); at + size <= Pool::kSize; at += size)
    find_in_block(address + at, size);
}

void PythonHeap::find_in_block(uint64_t block, uint64_t size) {
  for (const uint64_t header : kHeaderSizes) {
    if (header + 2 * kWord > size) return;
    if (header != 0 && !is_collector_header(block + header - kCollectorHeader)) continue;
    const std::optional<uint64_t> type = memory_.word(block + header + kTypeOffset);
    if (!type || *type == 0) continue;
    ObjectKind kind = kind_of_type(*type);
    if (kind == ObjectKind::kOther && !is_type(*type)) continue;
    if (memory_.word(block + header) == 0) kind = ObjectKind::kKept;
    if (kind == ObjectKind::kList) note_items(block + header);
    objects_.push_back({block, block + header, block + size, kind});
    return;
  }
}

void PythonHeap::note_items(uint64_t list) {
  const auto object = memory_.record<List>(list);
  if (object && object->items != 0)
    items_[object->items] = object->items + object->allocated * kWord;
}

bool PythonHeap::is_item_of_list(uint64_t place) const {
  auto behind = items_.upper_bound(place);
  return behind != items_.begin() && place < (--behind)->second;
}

// PyGC_Head: the next object's, or 0 where the collector does not track it.
bool PythonHeap::is_collector_header(uint64_t address) const {
  const uint64_t next = memory_.word(address).value_or(1);
  return next == 0 || (next % kWord == 0 && memory_.word(next));
}

// The type of a type's type is `type`, whose type is itself.
bool PythonHeap::is_type(uint64_t address) const {
  if (address % kWord != 0) return false;
  const std::optional<uint64_t> flags = memory_.word(address + kTypeFlags);
  const std::optional<uint64_t> metatype = memory_.word(address + kTypeOffset);
  if (!flags || !metatype || (*flags & kIsReady) == 0 || *metatype % kWord != 0) return false;
  const std::optional<uint64_t> type = memory_.word(*metatype + kTypeOffset);
  return type && *type % kWord == 0 && memory_.word(*type + kTypeOffset) == type &&
         (memory_.word(*type + kTypeFlags).value_or(0) & kIsTypeSubclass) != 0;
}

ObjectKind PythonHeap::kind_of_type(uint64_t type) {
  const auto known = kinds_.find(type);
  if (known != kinds_.end()) return known->second;
  ObjectKind kind = ObjectKind::kOther;
  uint64_t base = type;
  for (int i = 0; i < kMostBases && base != 0 && is_type(base); ++i) {
    const auto place = kinds_.find(base);
    if (place != kinds_.end()) {
      kind = place->second;
      break;
    }
    base = memory_.word(base + kTypeBase).value_or(0);
  }
  // Words that are no types are many; they need no memory of ours.
  if (base != type || kind != ObjectKind::kOther) kinds_[type] = kind;
  return kind;
}

const HeapObject* PythonHeap::object_at(uint64_t address) const {
  const auto behind = std::upper_bound(
      objects_.begin(), objects_.end(), address,
      [](uint64_t value, const HeapObject& object) { return value < object.begin; });
  if (behind == objects_.begin() || address >= (behind - 1)->end) return nullptr;
  return &*(behind - 1);
}

bool PythonHeap::has_constant_hash(uint64_t object) const {
  return constant_hash_.contains(memory_.word(object + kTypeOffset).value_or(0));
}

std::optional<format::HashTable> PythonHeap::dictionary_table(uint64_t dictionary) const {
  const std::optional<uint64_t> keys_address = memory_.word(dictionary + kKeysOffset);
  if (!keys_address || *keys_address == 0) return std::nullopt;
  format::HashTable table = {};
  table.kind = format::TableKind::kDictionary;
  if (minor_version_ < kFirstWithNewKeys) {
    const auto keys = memory_.record<OldKeys>(*keys_address);
    if (!keys || keys->slots == 0 || (keys->slots & (keys->slots - 1)) != 0) return std::nullopt;
    table.slots = *keys_address + sizeof(OldKeys);
    table.log2_slots = log2_of(keys->slots);
    table.slot_bytes = slot_bytes_of(keys->slots);
    table.entries = table.slots + keys->slots * table.slot_bytes;
    return checked(table, keys->entry_count);
  }
  const auto keys = memory_.record<Keys>(*keys_address);
  if (!keys) return std::nullopt;
  table.slots = *keys_address + sizeof(Keys);
  table.log2_slots = keys->log2_slots;
  table.slot_bytes = uint32_t{1} << (keys->log2_index_bytes - keys->log2_slots);
  table.entries = table.slots + (uint64_t{1} << keys->log2_index_bytes);
  return checked(table, keys->entry_count);
}

bool PythonHeap::has_hashes(uint64_t dictionary) const {
  if (minor_version_ < kFirstWithNewKeys) return true;
  const auto keys = memory_.record<Keys>(memory_.word(dictionary + kKeysOffset).value_or(0));
  return keys && keys->kind == 0;
}

std::optional<format::HashTable> PythonHeap::set_table(uint64_t set) const {
  const auto object = memory_.record<Set>(set);
  if (!object || object->table == 0 || (object->mask & (object->mask + 1)) != 0)
    return std::nullopt;
  if (!memory_.word(object->table + object->mask * 2 * kWord)) return std::nullopt;
  format::HashTable table = {};
  table.kind = format::TableKind::kSet;
  table.slots = object->table;
  table.entries = set + offsetof(Set, fill);
  table.slot_bytes = 2 * kWord;
  table.log2_slots = log2_of(object->mask + 1);
  return checked(table, 0);
}

}  // namespace pysnap::snapshot
