// CPython's hash tables are filled again, from the hashes in them, as CPython itself would do it.
//
// Slots depend on hashes alone. Entries keep their order in dictionaries; in sets they change it.
// All versions from 3.10 to 3.13 search in the same order.
#pragma once

#include <stdint.h>
#include <string.h>

namespace pysnap::agent {

inline constexpr int kPerturbShift = 5;

struct DictionaryEntry {  // PyDictKeyEntry, Include/internal/pycore_dict.h
  uint64_t hash;
  const void* key;  // nullptr: deleted
  const void* value;
};

struct SetEntry {  // setentry, Include/cpython/setobject.h
  const void* key;
  uint64_t hash;
};

// build_indices() of Objects/dictobject.c. Deleted entries leave no mark (DKIX_DUMMY): their slots
// are free again.
template <typename Slot>
void fill_indices(Slot* slots, uint64_t slot_count, const DictionaryEntry* entries,
                  uint32_t entry_count) {
  constexpr Slot kEmpty = -1;
  const uint64_t mask = slot_count - 1;
  memset(slots, 0xff, slot_count * sizeof(Slot));
  for (uint32_t index = 0; index < entry_count; ++index) {
    if (entries[index].key == nullptr) continue;
    uint64_t perturb = entries[index].hash;
    uint64_t slot = perturb & mask;
    while (slots[slot] != kEmpty) {
      perturb >>= kPerturbShift;
      slot = (slot * 5 + perturb + 1) & mask;
    }
    slots[slot] = static_cast<Slot>(index);
  }
}

inline void fill_dictionary(void* slots, uint32_t slot_bytes, uint32_t log2_slots,
                            const DictionaryEntry* entries, uint32_t entry_count) {
  const uint64_t count = uint64_t{1} << log2_slots;
  if (slot_bytes == sizeof(int8_t))
    fill_indices(static_cast<int8_t*>(slots), count, entries, entry_count);
  else if (slot_bytes == sizeof(int16_t))
    fill_indices(static_cast<int16_t*>(slots), count, entries, entry_count);
  else if (slot_bytes == sizeof(int32_t))
    fill_indices(static_cast<int32_t*>(slots), count, entries, entry_count);
  else
    fill_indices(static_cast<int64_t*>(slots), count, entries, entry_count);
}

// set_insert_clean() of Objects/setobject.c.
inline void insert_into_set(SetEntry* slots, uint64_t mask, const SetEntry& entry) {
  constexpr uint64_t kLinearProbes = 9;
  uint64_t perturb = entry.hash;
  uint64_t slot = perturb & mask;
  for (;;) {
    const uint64_t probes = slot + kLinearProbes <= mask ? kLinearProbes : 0;
    for (uint64_t i = slot; i <= slot + probes; ++i) {
      if (slots[i].key != nullptr) continue;
      slots[i] = entry;
      return;
    }
    perturb >>= kPerturbShift;
    slot = (slot * 5 + 1 + perturb) & mask;
  }
}

inline constexpr uint64_t kRemovedHash = ~uint64_t{0};  // no object has the hash -1

// `room` has space for as many entries as there are slots. Marks of removed entries vanish; returns
// how many slots are in use.
inline uint64_t fill_set(SetEntry* slots, uint32_t log2_slots, SetEntry* room) {
  const uint64_t count = uint64_t{1} << log2_slots;
  uint64_t used = 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (slots[i].key != nullptr && slots[i].hash != kRemovedHash) room[used++] = slots[i];
  }
  memset(slots, 0, count * sizeof(SetEntry));
  for (uint64_t i = 0; i < used; ++i) insert_into_set(slots, count - 1, room[i]);
  return used;
}

}  // namespace pysnap::agent
