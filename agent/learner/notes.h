// Text that `pysnap learn` reads (format/learning.h), collected while the program may still do
// anything to its memory.
#pragma once

#include <stddef.h>

#include "format/learning.h"

namespace pysnap::learner {

class Notes {
 public:
  // A text that cannot be kept for want of memory spoils all notes.
  void add(format::Note kind, const char* text);
  // Into an anonymous file, at its beginning; -1: there is none, or the notes are spoilt.
  int to_file() const;

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  bool is_spoilt_ = false;
};

}  // namespace pysnap::learner
