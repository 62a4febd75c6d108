// The marks by which an interpreter says that it is ending: sys.is_finalizing(), daemon threads
// that stop when they next want the interpreter, locks of streams that are not waited for any
// longer, no new threads.
//
// CPython keeps them in words of its own and offers no function to set them. Where these are
// differs between versions; they are found before the freeze by trial, with no other thread of
// Python there: the zero word that, when it is set, makes the interpreter's own function say yes.
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

// volatile: nothing may be kept in a register across the call that looks at it.
using Word = volatile uintptr_t;

Word* runtime_finalizing = nullptr;
Word* interpreter_finalizing = nullptr;

// 40 bytes into _PyRuntime in 3.10, some 900 in 3.13; in an interpreter's state of 3.13 behind the
// 300 calls that can be pending.
constexpr long kWords = 4096;

template <typename Question>
Word* find_word(void* place, Question says_yes) {
  auto words = static_cast<Word*>(place);
  if (words == nullptr || says_yes()) return nullptr;
  for (long i = 0; i < kWords; ++i) {
    if (words[i] != 0) continue;
    words[i] = reinterpret_cast<uintptr_t>(python.PyThreadState_Get());
    const bool found = says_yes();
    words[i] = 0;
    if (found) return &words[i];
  }
  return nullptr;
}

// From 3.13 on the word behind says which thread ends everything: the same one in sub-interpreters,
// where it has other thread states.
bool thread_is_named = false;

void set(Word* word) {
  if (word == nullptr) return;
  word[0] = reinterpret_cast<uintptr_t>(python.PyThreadState_Get());
  if (thread_is_named) word[1] = pthread_self();
}

}  // namespace

void find_finalizing() {
  auto runtime_ends = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "Py_IsFinalizing"));
  if (runtime_ends == nullptr)  // its name before 3.13
    runtime_ends = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "_Py_IsFinalizing"));
  if (runtime_ends != nullptr)
    runtime_finalizing =
        find_word(dlsym(RTLD_DEFAULT, "_PyRuntime"), [=] { return runtime_ends() != 0; });
  // From 3.12 on.
  auto interpreter_ends =
      reinterpret_cast<int (*)(void*)>(dlsym(RTLD_DEFAULT, "_Py_IsInterpreterFinalizing"));
  void* interpreter = python.PyInterpreterState_Get();
  if (interpreter_ends != nullptr)
    interpreter_finalizing =
        find_word(interpreter, [=] { return interpreter_ends(interpreter) != 0; });
  thread_is_named = python.minor_version() >= 13 && interpreter_finalizing != nullptr &&
                    interpreter_finalizing[1] == 0 && runtime_finalizing != nullptr &&
                    runtime_finalizing[1] == 0;
}

void begin_finalizing() {
  // 3.12 has that word at another place. There, whoever enters a sub-interpreter to end it would be
  // ended itself; the mark of the main interpreter stops threads as well.
  const bool has_others = python.PyInterpreterState_Head() != python.PyInterpreterState_Get();
  if (thread_is_named || interpreter_finalizing == nullptr || !has_others) set(runtime_finalizing);
  set(interpreter_finalizing);
}

}  // namespace pysnap::agent
