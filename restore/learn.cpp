#include "restore/learn.h"

#include "bare/path.h"
#include "bare/system_call.h"
#include "format/learning.h"
#include "restore/give_way.h"

namespace pysnap::restore {
namespace {

constexpr long kMostVariables = 1 << 16;

// A file in a place relative to this program's directory.
bool find_part(const char* place, bare::Path& part) {
  char own[bare::kLongestPath];
  const bare::SystemResult length = bare::system_call(SYS_readlink, bare::as_word("/proc/self/exe"),
                                                      bare::as_word(own), sizeof own - 1);
  if (length.failed()) return false;
  part.add(own, bare::directory_length(own, static_cast<size_t>(length.raw))).add(place);
  return true;
}

// A file that is not there would make the dynamic loader speak.
bool can_be_read(const char* path) {
  constexpr long kReadable = 4;  // R_OK
  return !bare::system_call(SYS_access, bare::as_word(path), kReadable).failed();
}

// The same variables, and ours behind them, so that the learner can cut them off.
class Environment {
 public:
  explicit Environment(char** old) {
    const size_t preload = bare::length_of(kPreload);
    for (; *old != nullptr && count_ < kMostVariables; ++old) {
      if (bare::starts_with(*old, kPreload))
        preloaded_ = *old + preload;
      else
        variables_[count_++] = *old;
    }
  }

  char** with(const char* learner, const LaunchOptions& options, const char* directory,
              const char* reason) {
    preload_.add(kPreload).add(learner);
    if (preloaded_ != nullptr && *preloaded_ != 0) preload_.add(":").add(preloaded_);
    add(preload_.text());
    const char mode[] = {options.builds_now ? format::kBuildsNow : format::kBuildsLater, 0};
    order_.add(format::kLearnVariable).add("=").add(mode).add(directory);
    add(order_.text());
    reason_.add(format::kReasonVariable).add("=").add(reason);
    add(reason_.text());
    variables_[count_] = nullptr;
    return variables_;
  }

 private:
  static constexpr const char* kPreload = "LD_PRELOAD=";

  void add(const char* variable) { variables_[count_++] = const_cast<char*>(variable); }

  char* variables_[kMostVariables + 4];
  long count_ = 0;
  const char* preloaded_ = nullptr;
  bare::Path preload_;
  bare::Path order_;
  bare::Path reason_;
};

}  // namespace

bool find_builder(bare::Path& builder) { return find_part("pysnap", builder); }

int run_and_learn(const char* interpreter, const LaunchOptions& options,
                  const bare::ProcessStart& start, const char* directory, const char* reason) {
  static Environment environment(start.environment);
  bare::Path learner;
  char** variables = start.environment;
  if (find_part("../lib/pysnap/pysnap-learner.so", learner) && can_be_read(learner.text()))
    variables = environment.with(learner.text(), options, directory, reason);
  return execute_interpreter(interpreter, options, nullptr, variables);
}

}  // namespace pysnap::restore
