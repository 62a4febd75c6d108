// Which object of an image holds an address: found by a program that runs in a launch of the image,
// where every object lies where the image has it (launcher/python/owners.py).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/installation.h"
#include "support/error.h"

namespace pysnap::launcher {

enum class OwnerKind {
  kObject,   // an object, or memory that only it points to
  kHeld,     // memory that something without a type points to: a library, the stack
  kRange,    // static data of a library, the stack
  kFree,     // memory of an allocator that nothing points to
  kUnknown,  // no memory that the image writes
};

struct Owner {
  uint64_t address = 0;
  std::optional<uint64_t> word;  // what the launch has there, if it can write there
  OwnerKind kind = OwnerKind::kUnknown;
  std::string module;  // where the path begins; empty: in none
  std::string type;    // of an object, with its module
  std::string path;    // `package.module.ATTRIBUTE['key']`, or the name of a range
  std::string detail;  // which part of it the address is
};

// A variable of the environment that the import of a prepared module asks for.
struct VariableRead {
  std::string variable;
  std::string module;
};

struct Owners {
  std::vector<Owner> owners;  // one for each address, ascending
  std::vector<VariableRead> reads;
  bool is_whole = true;  // false: there was no time to see every object
};

// kEverything: first all that is prepared is imported, as a program would.
enum class Published { kNothing, kEverything };

support::Result<Owners> find_owners(const Installation& installation, const std::string& image,
                                    const std::vector<uint64_t>& addresses,
                                    Published published = Published::kNothing);

const char* name_of(OwnerKind kind);

// "object random.Random made_up.GENERATOR, +0x18".
std::string describe(const Owner& owner);

}  // namespace pysnap::launcher
