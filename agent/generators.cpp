// Mersenne Twister generators of `random` and numpy, given new state at each launch in place.
//
// Seeding through their Python methods writes some 170 pages in a process with pandas; the state
// itself is 2,500 bytes. Where it lies is not guessed: before the freeze the words that the
// generator reports are searched in its memory, and only where they are found, followed or preceded
// by the position it reports, is the place used. Otherwise the Python method runs at each launch.
// State made of random words with the position at its end is what seeding from the operating
// system produces: the next draw computes a new block from it (Modules/_randommodule.c).
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

constexpr size_t kWords = 624;
constexpr size_t kStateSize = kWords * sizeof(uint32_t);
constexpr size_t kPermutedSize = 32;
constexpr long kPermuted = -1;  // agent/python/generators.py
constexpr int kMostGenerators = 64;

struct Generator {
  unsigned char* words;
  int32_t* position;
};

Generator generators[kMostGenerators];
int generator_count = 0;

// numpy's PCG64: two numbers of 128 bits, state and increment, and a flag for half a draw kept.
struct PermutedGenerator {
  unsigned char* numbers;
  int32_t* keeps_half;
};

PermutedGenerator permuted_generators[kMostGenerators];
int permuted_count = 0;

bool add(unsigned char* words, int32_t* position, long expected_position) {
  if (generator_count == kMostGenerators || *position != expected_position) return false;
  generators[generator_count++] = {words, position};
  return true;
}

// random.Random: an int and then the words, inside the object itself.
bool add_object(PyObject* object, long object_size, const char* words, long position) {
  auto* begin = reinterpret_cast<unsigned char*>(object);
  auto* found = static_cast<unsigned char*>(
      memmem(begin, static_cast<size_t>(object_size), words, kStateSize));
  if (found == nullptr || found - begin < static_cast<ptrdiff_t>(sizeof(int32_t))) return false;
  return add(found, reinterpret_cast<int32_t*>(found) - 1, position);
}

// numpy's bit generators: the first member of the structure in the capsule points to the state
// (numpy/random/bitgen.h); MT19937's is the words and then an int.
// PCG64's is a pointer to the numbers and then the flag (numpy/random/src/pcg64/pcg64.h).
bool add_permuted(unsigned char* state, const char* numbers) {
  auto* place = *reinterpret_cast<unsigned char**>(state);
  auto* keeps_half = reinterpret_cast<int32_t*>(state + sizeof place);
  if (permuted_count == kMostGenerators || memcmp(place, numbers, kPermutedSize) != 0) return false;
  if (*keeps_half != 0) return false;
  permuted_generators[permuted_count++] = {place, keeps_half};
  return true;
}

bool add_capsule(PyObject* capsule, const char* words, long size, long position) {
  void* interface = python.PyCapsule_GetPointer(capsule, "BitGenerator");
  if (interface == nullptr) {
    python.PyErr_Clear();
    return false;
  }
  auto* state = *static_cast<unsigned char**>(interface);
  if (position == kPermuted) return size == kPermutedSize && add_permuted(state, words);
  if (size != kStateSize) return false;
  if (memcmp(state, words, kStateSize) != 0) return false;
  return add(state, reinterpret_cast<int32_t*>(state + kStateSize), position);
}

}  // namespace

void note_generators() {
  generator_count = 0;
  permuted_count = 0;
  PyObject* list = call(agent_names, "describe_generators");
  if (list == nullptr) {
    python.PyErr_Clear();
    return;
  }
  for (long i = 0; i < python.PyTuple_Size(list); ++i) {
    PyObject* entry = python.PyTuple_GetItem(list, i);
    PyObject* object = python.PyTuple_GetItem(entry, 0);
    const long object_size = python.PyLong_AsLong(python.PyTuple_GetItem(entry, 1));
    PyObject* bytes = python.PyTuple_GetItem(entry, 2);
    const char* words = python.PyBytes_AsString(bytes);
    const long position = python.PyLong_AsLong(python.PyTuple_GetItem(entry, 3));
    const bool placed = object_size != 0
                            ? add_object(object, object_size, words, position)
                            : add_capsule(object, words, python.PyBytes_Size(bytes), position);
    if (placed)
      python.Py_DecRef(call(agent_names, "generator_is_placed", python.PyLong_FromLong(i)));
  }
}

void refresh_generators() {
  for (int i = 0; i < generator_count; ++i) {
    fill_random(generators[i].words, kStateSize);
    *generators[i].position = kWords;
  }
  for (int i = 0; i < permuted_count; ++i) {
    fill_random(permuted_generators[i].numbers, kPermutedSize);
    permuted_generators[i].numbers[kPermutedSize / 2] |= 1;  // an increment is odd
    *permuted_generators[i].keeps_half = 0;
  }
}

}  // namespace pysnap::agent
