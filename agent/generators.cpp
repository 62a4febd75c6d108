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
constexpr int kMostGenerators = 4;

struct Generator {
  unsigned char* words;
  int32_t* position;
};

Generator generators[kMostGenerators];
int generator_count = 0;

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
bool add_capsule(PyObject* capsule, const char* words, long position) {
  void* interface = python.PyCapsule_GetPointer(capsule, "BitGenerator");
  if (interface == nullptr) {
    python.PyErr_Clear();
    return false;
  }
  auto* state = *static_cast<unsigned char**>(interface);
  if (memcmp(state, words, kStateSize) != 0) return false;
  return add(state, reinterpret_cast<int32_t*>(state + kStateSize), position);
}

}  // namespace

void note_generators() {
  PyObject* list = call(agent_names, "describe_generators");
  if (list == nullptr) {
    python.PyErr_Clear();
    return;
  }
  for (long i = 0; i < python.PyTuple_Size(list); ++i) {
    PyObject* entry = python.PyTuple_GetItem(list, i);
    PyObject* object = python.PyTuple_GetItem(entry, 0);
    const long object_size = python.PyLong_AsLong(python.PyTuple_GetItem(entry, 1));
    const char* words = python.PyBytes_AsString(python.PyTuple_GetItem(entry, 2));
    const long position = python.PyLong_AsLong(python.PyTuple_GetItem(entry, 3));
    const bool placed = object_size != 0 ? add_object(object, object_size, words, position)
                                         : add_capsule(object, words, position);
    if (placed)
      python.Py_DecRef(call(agent_names, "generator_is_placed", python.PyLong_FromLong(i)));
  }
}

void refresh_generators() {
  for (int i = 0; i < generator_count; ++i) {
    fill_random(generators[i].words, kStateSize);
    *generators[i].position = kWords;
  }
}

}  // namespace pysnap::agent
