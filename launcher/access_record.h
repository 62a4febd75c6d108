// Which files a process has read, looked up and changed, by its own calls: heard from the kernel
// before each call is carried out (launcher/access_filter.h).
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "launcher/boot_inputs.h"
#include "launcher/file_state.h"
#include "support/error.h"
#include "support/file.h"

namespace pysnap::launcher {

// What happened at one path.
struct AccessedPath {
  FileState then;            // just before the first access: what the process then saw, or older
  bool was_changed = false;  // made, written or removed, also by a program that it started
  bool was_reached = false;  // looked up or read by the process itself
  uint32_t listings = 0;     // how often it was opened as a directory
  std::vector<std::string> names;  // of the directory before the first listing
};

using AccessedPaths = std::map<std::string, AccessedPath>;

// Answers the kernel in a thread of its own until it is ended or destroyed.
class AccessRecord {
 public:
  // `process` and its threads are recorded; of other processes only what they change. Calls from
  // code above the ceiling are pysnap's own: of the stub that boots, of the restorer.
  static support::Result<std::unique_ptr<AccessRecord>> begin(support::File listener, pid_t process,
                                                              uint64_t ceiling, BootInputs& inputs);
  AccessRecord(const AccessRecord&) = delete;
  AccessRecord& operator=(const AccessRecord&) = delete;
  ~AccessRecord();

  // From here on the process must not reach for files: nobody answers.
  AccessedPaths end();
  // After the end: why the record is not whole; empty: it is.
  const std::string& problem() const { return problem_; }
  // After the end: relative names that the process has sought since it said where to count that,
  // and that were not there.
  const std::vector<std::string>& absent() const { return absent_; }

 private:
  AccessRecord(support::File listener, support::File stop, pid_t process, uint64_t ceiling,
               BootInputs& inputs);
  void answer_until_stopped();
  void stop();

  support::File listener_;
  support::File stop_;  // an eventfd
  pid_t process_;
  uint64_t ceiling_;
  BootInputs& inputs_;
  AccessedPaths paths_;
  std::vector<std::string> absent_;
  std::string problem_;
  std::thread thread_;
};

}  // namespace pysnap::launcher
