// pysnap-run: launches an image. The same code is embedded in every image, which can therefore be
// executed directly.
//
// This is a program without a C library: an empty one costs 0.15 ms, a static glibc one 0.37.
// Nothing allocates, nothing has constructors, nothing uses thread-local storage: the thread
// pointer will belong to the captured process.
#include <elf.h>
#include <sys/prctl.h>

#include "bare/process_start.h"
#include "bare/system_call.h"
#include "bare/text.h"
#include "restore/fitness.h"
#include "restore/give_way.h"
#include "restore/kernel_state.h"
#include "restore/launch_options.h"
#include "restore/map_regions.h"
#include "restore/open_image.h"

namespace pysnap::restore {
namespace {

// In an image the metadata block follows the program headers, in this program its own text does.
bool runs_from_image(const bare::ProcessStart& start) {
  const uint64_t headers = start.auxiliary_value(AT_PHDR);
  const uint64_t behind = headers + start.auxiliary_value(AT_PHNUM) * sizeof(Elf64_Phdr);
  return headers != 0 && *reinterpret_cast<const uint64_t*>(behind) == format::kImageMagic;
}

[[noreturn]] void reject(const char* path, const char* reason, int error) {
  bare::Message sentence;
  sentence.add("pysnap-run: the image ").add(path).add(" cannot be used: ").add(reason);
  if (error != 0) sentence.add(" (errno ").add_number(error).add(")");
  fail(sentence.add("; build it again with `pysnap build`"));
}

bool input_is_terminal() {
  constexpr long kGetSettings = 0x5401;  // TCGETS, ioctl_tty(2)
  char settings[64];
  return !bare::system_call(SYS_ioctl, 0, kGetSettings, bare::as_word(settings)).failed();
}

uint32_t request_flags(char** environment, const LaunchOptions& options) {
  const auto is_set = [environment](const char* name) {
    const char* value = bare::environment_value(environment, name);
    return value != nullptr && *value != 0;
  };
  uint32_t flags = options.hold == Hold::kAtEnd ? format::kHoldAtEnd : 0;
  if (options.explain == Explain::kYes) flags |= format::kExplain;
  if (is_set("PYTHONUNBUFFERED")) flags |= format::kUnbufferedStreams;
  if (is_set("PYTHONDONTWRITEBYTECODE")) flags |= format::kDontWriteBytecode;
  return flags;
}

void close_files(const OpenImage& image, const OpenFiles& files) {
  for (uint32_t i = 0; i < image.view().files().count; ++i) {
    if (files.descriptors[i] >= 0) bare::close(files.descriptors[i]);
  }
  bare::close(image.descriptor);
}

// The kernel has mapped the captured segments of an executed image already; the table of regions
// is finer (protection per region, original files), so those are given up first. Everything from
// the page of the program headers upwards is the restorer itself (elf_writer/image_plan.h).
void unmap_captured_segments(const bare::ProcessStart& start) {
  constexpr uint64_t kPageMask = format::kPageSize - 1;
  const uint64_t headers = start.auxiliary_value(AT_PHDR);
  const auto* segment = reinterpret_cast<const Elf64_Phdr*>(headers);
  for (uint64_t i = 0; i < start.auxiliary_value(AT_PHNUM); ++i, ++segment) {
    if (segment->p_type != PT_LOAD || segment->p_vaddr >= (headers & ~kPageMask)) continue;
    const uint64_t begin = segment->p_vaddr & ~kPageMask;
    const uint64_t end = (segment->p_vaddr + segment->p_memsz + kPageMask) & ~kPageMask;
    bare::system_call(SYS_munmap, static_cast<long>(begin), static_cast<long>(end - begin));
  }
}

// ps(1) shows the interpreter, as it would under plain Python.
void set_process_name(const char* interpreter) {
  const char* name = interpreter;
  for (const char* at = interpreter; *at != 0; ++at) {
    if (*at == '/') name = at + 1;
  }
  bare::system_call(SYS_prctl, PR_SET_NAME, bare::as_word(name));
}

}  // namespace

[[noreturn]] void run(const bare::ProcessStart& start) {
  // 1. What is asked for.
  LaunchOptions options;
  const bool embedded = runs_from_image(start);
  const OptionsResult asked = parse_options(start, embedded, options);
  if (asked == OptionsResult::kHosted) run_hosted(start);
  if (asked == OptionsResult::kWrong) {
    bare::Message sentence;
    fail(sentence.add("pysnap-run: ").add(options.reason));
  }
  const char* shown = options.image;  // what messages call the image
  if (embedded) {
    options.image = "/proc/self/exe";
    shown = reinterpret_cast<const char*>(start.auxiliary_value(AT_EXECFN));
  }

  // 2. Is it an image, and whole?
  const OpenImage image = open_image(options.image);
  if (image.reason != nullptr) reject(shown, image.reason, image.error);
  const format::ImageView view = image.view();
  if (options.kind == format::ProgramKind::kStandardInput && input_is_terminal())
    run_plain_python(view, options, start, "an interactive session");
  if (asked == OptionsResult::kPlainPython) run_plain_python(view, options, start, options.reason);

  // 3. Does it fit this launch?
  static OpenFiles files;
  bare::Message explanation;
  const Fitness fitness = check_fitness(view, start, files, explanation);
  if (fitness == Fitness::kUnfit) reject(shown, explanation.text(), 0);
  if (fitness != Fitness::kFits) run_plain_python(view, options, start, explanation.text());

  // 4. Memory. All places were free before: a failure still leaves this process able to exec.
  if (embedded) unmap_captured_segments(start);
  uint64_t address = 0;
  const int failed = map_regions(view, image.descriptor, files, address);
  if (failed != 0) {
    explanation.add("the region at ").add_hexadecimal(address).add(" cannot be mapped (errno ");
    explanation.add_number(failed).add(")");
    run_plain_python(view, options, start, explanation.text());
  }
  close_files(image, files);
  copy_hot_pages(view);

  // 5. Point of no return: the kernel's time functions move, %fs changes hands, the jump.
  const format::ImageHeader& header = view.header();
  const int moved = move_kernel_page(header.kernel_page, start);
  if (moved != 0) reject(shown, "the vDSO cannot be moved", moved);
  set_process_name(view.string(header.interpreter));
  const uint64_t signal_mask = block_signals();
  restore_signals(header.kernel);
  static format::LaunchRequest request;
  request.kind = options.kind;
  request.flags = request_flags(start.environment, options);
  request.program = options.program;
  request.arguments = options.arguments;
  request.environment = start.environment;
  request.signal_mask = signal_mask;
  request.thread_id = restore_thread(header.kernel);
  jump(header.resume_entry, header.resume_stack_pointer, &request);
}

}  // namespace pysnap::restore

extern "C" [[noreturn]] void bare_main(void* initial_stack_pointer) {
  pysnap::restore::run(pysnap::bare::ProcessStart::parse(initial_stack_pointer));
}
