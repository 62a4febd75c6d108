#include "restore/real_path.h"

#include <errno.h>

#include "bare/path.h"
#include "bare/system_call.h"
#include "bare/text.h"

namespace pysnap::restore {
namespace {

using bare::kLongestPath;

constexpr int kMostLinks = 40;  // as the kernel follows (path_resolution(7))

// The path so far, without links and without a slash at its end, and what is still to be followed.
class Walk {
 public:
  Walk(const char* path, char* real) : real_(real) {
    real_[0] = 0;
    if (path[0] != '/')
      is_good_ =
          !bare::system_call(SYS_getcwd, bare::as_word(real_), static_cast<long>(kLongestPath))
               .failed();
    length_ = bare::length_of(real_);
    if (length_ == 1) length_ = 0;  // the root
    rest_ = path;
  }

  bool to_the_end() {
    while (is_good_ && next_part()) {
    }
    if (length_ == 0) real_[length_++] = '/';
    real_[is_good_ ? length_ : 0] = 0;
    return is_good_;
  }

 private:
  // False: nothing is left.
  bool next_part() {
    while (*rest_ == '/') ++rest_;
    size_t size = 0;
    while (rest_[size] != 0 && rest_[size] != '/') ++size;
    const char* part = rest_;
    rest_ += size;
    if (size == 2 && part[0] == '.' && part[1] == '.')
      leave_directory();
    else if (size > 1 || (size == 1 && part[0] != '.'))
      enter(part, size);
    return size != 0;
  }

  void leave_directory() {
    length_ = bare::directory_length(real_, length_);
    if (length_ > 0) --length_;
  }

  void enter(const char* part, size_t size) {
    is_good_ = size + 2 < kLongestPath - length_;
    if (!is_good_) return;
    real_[length_++] = '/';
    for (size_t i = 0; i < size; ++i) real_[length_++] = part[i];
    real_[length_] = 0;
    char target[kLongestPath];
    const bare::SystemResult link = bare::system_call(SYS_readlink, bare::as_word(real_),
                                                      bare::as_word(target), kLongestPath - 1);
    if (link.failed()) {
      is_good_ = link.error() == EINVAL;  // not a link
      return;
    }
    target[link.raw] = 0;
    follow(target);
  }

  void follow(const char* target) {
    bare::Path rest;
    rest.add(target).add("/").add(rest_);
    pending_ = rest;
    rest_ = pending_.text();
    is_good_ = ++links_ <= kMostLinks && *rest_ != 0;
    if (target[0] == '/')
      length_ = 0;
    else
      leave_directory();
  }

  char* real_;
  size_t length_ = 0;
  const char* rest_ = "";
  bare::Path pending_;  // what `rest_` points into behind a link
  int links_ = 0;
  bool is_good_ = true;
};

}  // namespace

bool find_real_path(const char* path, char* real) { return Walk(path, real).to_the_end(); }

}  // namespace pysnap::restore
