// How: PyMem_SetAllocator() and PyObject_SetArenaAllocator() (C API, "Memory Management"), which
// work before the interpreter is initialised. Pointers are passed on as they come, so memory of one
// may be given back to the other. pymalloc rounds up to 16 bytes and hands everything above 512 to
// the raw allocator (Objects/obmalloc.c, 3.10 to 3.13), which is malloc(3).
#include "agent/clean_memory.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/python_pool.h"

namespace pysnap::agent {
namespace {

// PyMemAllocatorEx
struct Allocator {
  void* context;
  void* (*malloc)(void* context, size_t size);
  void* (*calloc)(void* context, size_t count, size_t size);
  void* (*realloc)(void* context, void* block, size_t size);
  void (*free)(void* context, void* block);
};

// PyObjectArenaAllocator
struct ArenaAllocator {
  void* context;
  void* (*alloc)(void* context, size_t size);
  void (*free)(void* context, void* arena, size_t size);
};

enum Domain { kRaw, kMemory, kObjects };  // PyMemAllocatorDomain
constexpr int kDomainCount = 3;

constexpr size_t kArenaSize = size_t{1} << 20;  // other sizes are pieces of the stack of frames
constexpr uint64_t kMostArenas = 16384;

using Exchange = void (*)(Domain, Allocator*);
Exchange get_allocator = nullptr;
Exchange set_allocator = nullptr;
using ExchangeArenas = void (*)(ArenaAllocator*);
ExchangeArenas get_arena_allocator = nullptr;
ExchangeArenas set_arena_allocator = nullptr;
Allocator originals[kDomainCount];
ArenaAllocator original_arenas;
Arena arenas[kMostArenas];
uint64_t arena_count = 0;
bool all_arenas_known = true;

Arena* arena_of(const void* block) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  for (uint64_t i = arena_count; i-- > 0;) {
    if (address - arenas[i].address < arenas[i].size) return &arenas[i];
  }
  return nullptr;
}

// Only the block's own bytes: its neighbours may be in use by other threads.
void clear(void* block, size_t begin, size_t end) {
  if (end > begin) memset(static_cast<char*>(block) + begin, 0, end - begin);
}

void* raw_malloc(void*, size_t size) {
  void* block = originals[kRaw].malloc(originals[kRaw].context, size);
  if (block != nullptr) clear(block, 0, malloc_usable_size(block));
  return block;
}

void* raw_calloc(void*, size_t count, size_t size) {
  void* block = originals[kRaw].calloc(originals[kRaw].context, count, size);
  if (block != nullptr) clear(block, count * size, malloc_usable_size(block));
  return block;
}

void raw_free(void*, void* block) {
  if (block != nullptr) clear(block, 0, malloc_usable_size(block));
  originals[kRaw].free(originals[kRaw].context, block);
}

// realloc(3) may leave the old block behind as it was; so it never moves one here.
void* raw_realloc(void* context, void* block, size_t size) {
  if (block == nullptr) return raw_malloc(context, size);
  const size_t room = malloc_usable_size(block);
  if (size <= room && size >= room / 2) {
    clear(block, size, room);
    return block;
  }
  void* other = raw_malloc(context, size);
  if (other == nullptr) return nullptr;
  memcpy(other, block, size < room ? size : room);
  raw_free(context, block);
  return other;
}

// Of a block in a pool.
size_t size_of_block(const void* block) {
  const uint64_t pool = format::pool_of(reinterpret_cast<uint64_t>(block));
  return reinterpret_cast<const format::PythonPool*>(pool)->block_size();
}

bool is_small(size_t size) { return size != 0 && size <= format::PythonPool::kLargestBlock; }

template <Domain kDomain>
void* small_malloc(void*, size_t size) {
  void* block = originals[kDomain].malloc(originals[kDomain].context, size);
  if (block != nullptr && is_small(size) && arena_of(block) != nullptr)
    clear(block, 0, size_of_block(block));
  return block;
}

template <Domain kDomain>
void* small_calloc(void*, size_t count, size_t size) {
  void* block = originals[kDomain].calloc(originals[kDomain].context, count, size);
  const size_t bytes = count * size;
  if (block != nullptr && is_small(bytes) && arena_of(block) != nullptr)
    clear(block, bytes, size_of_block(block));
  return block;
}

template <Domain kDomain>
void* small_realloc(void*, void* block, size_t size) {
  void* moved = originals[kDomain].realloc(originals[kDomain].context, block, size);
  if (moved != nullptr && is_small(size) && arena_of(moved) != nullptr)
    clear(moved, size, size_of_block(moved));
  return moved;
}

template <Domain kDomain>
void small_free(void*, void* block) {
  originals[kDomain].free(originals[kDomain].context, block);
}

void* make_arena(void*, size_t size) {
  void* arena = original_arenas.alloc(original_arenas.context, size);
  if (arena == nullptr || size != kArenaSize) return arena;
  if (arena_count < kMostArenas)
    arenas[arena_count++] = {reinterpret_cast<uintptr_t>(arena), size};
  else
    all_arenas_known = false;
  return arena;
}

void free_arena(void*, void* arena, size_t size) {
  if (Arena* known = arena_of(arena); known != nullptr && size == kArenaSize)
    *known = arenas[--arena_count];
  original_arenas.free(original_arenas.context, arena, size);
}

Allocator ours[kDomainCount] = {
    {nullptr, &raw_malloc, &raw_calloc, &raw_realloc, &raw_free},
    {nullptr, &small_malloc<kMemory>, &small_calloc<kMemory>, &small_realloc<kMemory>,
     &small_free<kMemory>},
    {nullptr, &small_malloc<kObjects>, &small_calloc<kObjects>, &small_realloc<kObjects>,
     &small_free<kObjects>},
};
ArenaAllocator our_arenas = {nullptr, &make_arena, &free_arena};

// Each has one such element in what malloc_info(3) writes.
uint64_t count_native_heaps() {
  char* text = nullptr;
  size_t size = 0;
  FILE* stream = open_memstream(&text, &size);
  if (stream == nullptr) return 0;
  const bool written = malloc_info(0, stream) == 0;
  fclose(stream);
  uint64_t count = 0;
  for (const char* at = text; written && (at = strstr(at, "<heap ")) != nullptr; ++at) ++count;
  if (text != nullptr) memset(text, 0, size);
  free(text);
  return count;
}

template <typename Symbol>
Symbol find(const char* name) {
  return reinterpret_cast<Symbol>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

void begin_clean_memory() {
  get_arena_allocator = find<ExchangeArenas>("PyObject_GetArenaAllocator");
  set_arena_allocator = find<ExchangeArenas>("PyObject_SetArenaAllocator");
  get_allocator = find<Exchange>("PyMem_GetAllocator");
  set_allocator = find<Exchange>("PyMem_SetAllocator");
  if (get_arena_allocator == nullptr || set_arena_allocator == nullptr ||
      get_allocator == nullptr || set_allocator == nullptr) {
    set_allocator = nullptr;
    return;
  }
  get_arena_allocator(&original_arenas);
  set_arena_allocator(&our_arenas);
  for (int i = 0; i < kDomainCount; ++i) {
    get_allocator(static_cast<Domain>(i), &originals[i]);
    set_allocator(static_cast<Domain>(i), &ours[i]);
  }
}

void end_clean_memory() {
  if (set_allocator == nullptr) return;
  ArenaAllocator current_arenas;
  get_arena_allocator(&current_arenas);
  if (current_arenas.alloc == our_arenas.alloc) set_arena_allocator(&original_arenas);
  for (int i = 0; i < kDomainCount; ++i) {
    Allocator current;
    get_allocator(static_cast<Domain>(i), &current);
    if (current.malloc == ours[i].malloc) set_allocator(static_cast<Domain>(i), &originals[i]);
  }
}

Arenas known_arenas() { return {arenas, all_arenas_known ? arena_count : 0}; }

void describe_heap(format::PythonHeap& heap) {
  const Arenas known = known_arenas();
  heap.arenas = reinterpret_cast<uint64_t>(known.first);
  heap.arena_count = known.count;
  heap.dictionary = find<uint64_t>("PyDict_Type");
  heap.list = find<uint64_t>("PyList_Type");
  heap.set = find<uint64_t>("PySet_Type");
  heap.frozen_set = find<uint64_t>("PyFrozenSet_Type");
  heap.weak_reference = find<uint64_t>("_PyWeakref_RefType");
  heap.text = find<uint64_t>("PyUnicode_Type");
  heap.context_variable = find<uint64_t>("PyContextVar_Type");
  heap.none = find<uint64_t>("_Py_NoneStruct");
  heap.constant_hash[0] = find<uint64_t>("PyLong_Type");
  heap.constant_hash[1] = find<uint64_t>("PyBytes_Type");
  heap.constant_hash[2] = find<uint64_t>("PyFloat_Type");
  heap.constant_hash[3] = find<uint64_t>("PyBool_Type");
  heap.native_heaps = count_native_heaps();
}

}  // namespace pysnap::agent
