// The contract between the agent (inside the interpreter), the builder (which reads it from the
// frozen process) and the restorer (which jumps back into the agent).
//
// Invariant: everything the agent learns about the kernel's view of the process is in
// `KernelState` before the process freezes; the restorer gives it back in that order and reads
// nothing else from captured memory.
#pragma once

#include <cstdint>

namespace pysnap::format {

inline constexpr uint32_t kSignalCount = 64;  // signal(7): 1..64 on x86-64

// One kernel signal action, in the layout of the kernel's `struct sigaction` (rt_sigaction(2)).
struct SignalAction {
  uint64_t handler;
  uint64_t flags;
  uint64_t restorer;
  uint64_t mask;
};

// Per-thread and per-process facts the kernel keeps and an image must give back.
struct KernelState {
  uint64_t thread_pointer;     // FS base
  uint64_t thread_id_address;  // set_tid_address(2); glibc keeps its cached tid there
  uint64_t robust_list_head;   // set_robust_list(2)
  uint64_t robust_list_size;
  uint64_t rseq_address;  // rseq(2); 0: not registered
  uint64_t rseq_size;
  uint64_t alternate_stack[3];  // sigaltstack(2): ss_sp, ss_flags, ss_size; flags 2 = disabled
  uint32_t vector_control;      // MXCSR: some libraries switch denormals off at load
  uint32_t x87_control;         // FPU control word
  SignalAction actions[kSignalCount];  // actions[n - 1] belongs to signal n
};

enum class ProgramKind : uint32_t {
  kScript = 1,
  kModule = 2,
  kCommand = 3,
  kStandardInput = 4,
  kCheckpoint = 5,  // a script that goes on where it called pysnap.checkpoint()
};

inline constexpr uint32_t kUnbufferedStreams = 1;  // -u, PYTHONUNBUFFERED
inline constexpr uint32_t kDontWriteBytecode = 2;  // -B, PYTHONDONTWRITEBYTECODE
inline constexpr uint32_t kHoldAtEnd = 4;          // stop before the very end: the builder looks
inline constexpr uint32_t kExplain = 8;            // say why a prepared module is imported afresh
inline constexpr uint32_t kSkipFirstLine = 16;     // -x

inline constexpr uint32_t kProof = 0x100;  // by the builder: without the user's hooks and program
inline constexpr uint32_t kFullFinalize = 0x200;  // CPython's own end of the interpreter

// By the builder, which makes a new image from a base. The program is frozen where it next calls
// pysnap.checkpoint(). Invariant: such a process looks to the builder as a boot does. All that it
// needs lies below the ceiling, above it is no free place, its standard streams are as frozen, and
// it has a control socket. Whatever the launch itself has put into memory is taken out or noted
// anew before it freezes; so an image does not know how many have gone before it.
inline constexpr uint32_t kFreezesAgain = 0x400;

// By the builder, which moves an image in its file: what the agent itself has changed in a moved
// process goes to the control socket, and the process ends (agent/after_slide.h).
inline constexpr uint32_t kReportsSlide = 0x800;

// A launch of an image that does not lie at its own place. The agent unmaps the table.
struct RelocationTable;  // format/relocation_table.h
struct Movement {
  const RelocationTable* table;  // nullptr: it does lie there
  uint64_t low;                  // places of the table are named as before: how to find them
  uint64_t distance;             // (Placement)
  uint64_t slide;                // how far the process lies from the image's own place
};

// What one launch asks for. Lives on the new process's own stack, which stays mapped for good.
// What a launch from the cache needs to improve its image.
struct Improvement {
  const char* directory;    // of the program, in the cache; nullptr: this launch does not
  const char* interpreter;  // as the launcher has found it
  const char* builder;      // the program `pysnap`
  uint64_t builds_now;      // 1: the launch waits for the new image
};

struct LaunchRequest {
  ProgramKind kind;
  uint32_t flags;
  uint64_t quiet;                // how often -q was given
  const char* program;           // script path, module name or command text; nullptr: not named
  char** arguments;              // what follows the program, null-terminated
  char** python_arguments;       // all that follows the name of the interpreter, null-terminated
  const char* interpreter_name;  // as it was typed; nullptr: the one the image was made from
  char** environment;            // null-terminated
  uint64_t thread_id;
  uint64_t signal_mask;  // the caller's; all signals stay blocked until the program begins
  uint64_t control;      // kFreezesAgain, kReportsSlide: the descriptor of the control socket
  Movement movement;
  Improvement improvement;
};

// Where the builder finds Python's objects: addresses, 0 where the interpreter does not export
// them.
struct PythonHeap {
  uint64_t arenas;            // of (address, size) pairs, of the allocator of objects
  uint64_t arena_count;       // 0: not known
  uint64_t dictionary;        // PyDict_Type
  uint64_t list;              // PyList_Type
  uint64_t set;               // PySet_Type
  uint64_t frozen_set;        // PyFrozenSet_Type
  uint64_t weak_reference;    // _PyWeakref_RefType
  uint64_t text;              // PyUnicode_Type
  uint64_t context_variable;  // PyContextVar_Type
  uint64_t none;              // _Py_NoneStruct
  uint64_t constant_hash[4];  // further types whose hashes depend on no address; 0: none
  uint64_t native_heaps;  // of malloc(3): more than one have places of their own (malloc_info(3))
};

// Found by the builder through the address the agent reports; `magic` tells the two sides apart
// from versions that disagree.
struct AgentState {
  uint64_t magic;
  uint64_t resume_entry;          // void(const LaunchRequest*), never returns
  uint64_t resume_stack_pointer;  // 16-byte aligned; everything above it stays as captured
  uint64_t frame;  // the stack below it is not in use, up to where the launch goes on
  KernelState kernel;
  PythonHeap heap;
};

// What the boot has done with its working directory. The builder writes them, where the agent wants
// them, while the call that counts waits in the kernel.
struct DirectoryCounters {
  uint64_t uses;     // questions for it, and paths relative to it
  uint64_t answers;  // the same without names that were not there
};

inline constexpr uint64_t kAgentMagic = 0x3170616e73797003;  // bumped with the layout

}  // namespace pysnap::format
