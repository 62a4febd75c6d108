#include "agent/learner/notes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace pysnap::learner {

void Notes::add(format::Note kind, const char* text) {
  const size_t length = strlen(text) + 1;
  if (size_ + length + 1 > capacity_ && !is_spoilt_) {
    const size_t wanted = 2 * capacity_ + length + 4096;
    auto* larger = static_cast<char*>(realloc(text_, wanted));
    is_spoilt_ = larger == nullptr;
    if (!is_spoilt_) {
      text_ = larger;
      capacity_ = wanted;
    }
  }
  if (is_spoilt_) return;
  text_[size_++] = static_cast<char>(kind);
  memcpy(text_ + size_, text, length);
  size_ += length;
}

int Notes::to_file() const {
  if (is_spoilt_) return -1;
  const int descriptor = memfd_create("pysnap notes", MFD_CLOEXEC);
  if (descriptor < 0) return -1;
  const ssize_t written = pwrite(descriptor, text_, size_, 0);
  if (written == static_cast<ssize_t>(size_)) return descriptor;
  close(descriptor);
  return -1;
}

}  // namespace pysnap::learner
