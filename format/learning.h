// What pysnap-run tells the learner that it puts into plain Python, and what the learner tells
// `pysnap learn`.
#pragma once

namespace pysnap::format {

// The last variables of the environment; the learner takes them out before anything reads them.
// The value: how the image is built, then the directory of the program in the cache.
inline constexpr const char* kLearnVariable = "PYSNAP_LEARN";
inline constexpr char kBuildsLater = '-';
inline constexpr char kBuildsNow = '+';

// Why no image was used.
inline constexpr const char* kReasonVariable = "PYSNAP_REASON";

// Notes are records on standard input: a letter, text, and a zero byte.
enum class Note : char {
  kHow = 'h',        // kBuildsLater or kBuildsNow
  kDirectory = 'd',  // of the program, in the cache
  kReason = 'r',
  kWorkingDirectory = 'w',  // when the program began
  kInterpreter = 'i',       // as it was executed
  kWord = 'a',              // of Python's command line behind the interpreter, in order
  kModule = 'm',            // imported, in order
};

}  // namespace pysnap::format
