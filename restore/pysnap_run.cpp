// pysnap-run: launches an image. The same code is embedded in every image, which can therefore be
// executed directly.
//
// This is a program without a C library: an empty one costs 0.15 ms, a static glibc one 0.37.
// Nothing allocates, nothing has constructors, nothing uses thread-local storage: the thread
// pointer will belong to the captured process.
#include <elf.h>
#include <sys/stat.h>

#include "bare/process_start.h"
#include "bare/reservation.h"
#include "bare/system_call.h"
#include "bare/text.h"
#include "format/arena_layout.h"
#include "restore/choose_image.h"
#include "restore/fitness.h"
#include "restore/give_way.h"
#include "restore/interpreter_name.h"
#include "restore/kernel_state.h"
#include "restore/launch_options.h"
#include "restore/map_regions.h"
#include "restore/open_image.h"
#include "restore/process_identity.h"
#include "restore/slide.h"

namespace pysnap::restore {
namespace {

// In an image the metadata block follows the program headers, in this program its own text does.
// A damaged image is one, too, and must not take launcher options. It has a fixed address, this
// program has none (the ELF header stands before the program headers); and only an image can lose
// the segment that holds them, with the address that the kernel tells.
bool runs_from_image(const bare::ProcessStart& start) {
  const uint64_t headers = start.auxiliary_value(AT_PHDR);
  if (headers == 0) return true;
  const uint64_t behind = headers + start.auxiliary_value(AT_PHNUM) * sizeof(Elf64_Phdr);
  if (*reinterpret_cast<const uint64_t*>(behind) == format::kImageMagic) return true;
  return reinterpret_cast<const Elf64_Ehdr*>(headers - sizeof(Elf64_Ehdr))->e_type == ET_EXEC;
}

// _Py_get_env_flag() of Python/preconfig.c: a number above zero, or a text that is no number. The
// only ways to write nothing: an empty value, and zeros as strtol(3) reads them.
bool flag_is_set(char** environment, const char* name) {
  const char* value = bare::environment_value(environment, name);
  if (value == nullptr || *value == 0) return false;
  while (*value == ' ' || (*value >= '\t' && *value <= '\r')) ++value;
  if (*value == '+' || *value == '-') ++value;
  if (*value != '0') return true;
  while (*value == '0') ++value;
  return *value != 0;
}

uint32_t request_flags(const LaunchOptions& options, const format::ImageView& image,
                       char** environment) {
  const format::PythonCommand& command = options.command;
  uint32_t flags = options.request_flags;
  if (options.hold == Hold::kAtEnd) flags |= format::kHoldAtEnd;
  if (options.explain == Explain::kYes) flags |= format::kExplain;
  const bool reads = !ignores_environment(image);
  if (command.unbuffered || (reads && flag_is_set(environment, "PYTHONUNBUFFERED")))
    flags |= format::kUnbufferedStreams;
  if (command.dont_write_bytecode || (reads && flag_is_set(environment, "PYTHONDONTWRITEBYTECODE")))
    flags |= format::kDontWriteBytecode;
  if (command.skip_first_line) flags |= format::kSkipFirstLine;
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

// What the program asked for, in the agent's terms.
format::LaunchRequest request_of(const LaunchOptions& options, const format::ImageView& image,
                                 const bare::ProcessStart& start) {
  const format::PythonCommand& command = options.command;
  format::LaunchRequest request = {};
  request.kind = command.kind;
  request.flags = request_flags(options, image, start.environment);
  request.quiet = command.quiet;
  request.program = command.program;
  request.arguments = const_cast<char**>(command.arguments);
  const bool has_options = options.has_own_program && image.options().count != 0;
  request.python_arguments =
      has_options ? interpreter_arguments(options, &image) + 1 : options.python_arguments;
  request.interpreter_name = options.role == Role::kInterpreter ? start.arguments[0] : nullptr;
  request.environment = start.environment;
  request.control = options.control;
  request.improvement = options.improvement;
  return request;
}

// A process that is to be frozen again has its mappings in the arena, as a boot has, and its stack
// and kernel pages have their slots to themselves.
void reserve_outside_arena(const format::ImageView& view, const LaunchOptions& options,
                           const bare::ProcessStart& start) {
  const uint64_t slot = format::kernel_page_slot(view.header().arena_high);
  const int error = bare::reserve_free(slot, bare::kUserSpaceEnd);
  if (error == 0) return;
  bare::Message explanation;
  explanation.add("the address space above its arena cannot be reserved (errno ");
  run_plain_python(view, options, start, explanation.add_number(error).add(")").text());
}

// Under the name of an interpreter this process already shows what it should.
void take_identity(const LaunchOptions& options, const format::ImageView& image,
                   const bare::ProcessStart& start) {
  if (options.role == Role::kInterpreter) return set_process_name(options.link);
  const char* interpreter = image.string(image.header().interpreter);
  set_process_name(interpreter);
  // A script that comes from the image is no word of this process's command line, which stays.
  if (!options.has_own_program) show_command_line(start, interpreter, options.python_arguments);
}

// 1. What is asked for, and from which image.
LaunchOptions read_options(const bare::ProcessStart& start) {
  LaunchOptions options;
  options.link = interpreter_link(start);
  options.role = runs_from_image(start)    ? Role::kImage
                 : options.link != nullptr ? Role::kInterpreter
                                           : Role::kLauncher;
  const OptionsResult asked = parse_options(start, options);
  if (asked == OptionsResult::kHosted) run_hosted(start);
  if (asked == OptionsResult::kWrong) {
    bare::Message sentence;
    fail(sentence.add("pysnap-run: ").add(options.reason));
  }
  if (options.role == Role::kInterpreter)
    options.image = image_of_link(options.link, start.environment);
  return options;
}

}  // namespace

[[noreturn]] void run(const bare::ProcessStart& start) {
  LaunchOptions options = read_options(start);
  static OpenFiles files;
  // 2. Is it an image, and whole? 3. Does it fit this launch? A process that passes is still able
  // to execute something else.
  const OpenImage image = choose_image(options, start, files);
  const format::ImageView view = image.view();
  settle_base(view.header(), options);

  // 4. Memory. All places were free before: a failure still leaves this process able to exec.
  if (options.role == Role::kImage) unmap_captured_segments(start);
  const MappedImage mapped = map_image(image, options, files);
  if (mapped.damaged != nullptr) reject(options, start, mapped.damaged, 0);
  if (mapped.pinned != nullptr) run_plain_python(view, options, start, mapped.pinned);
  if (mapped.error != 0) {
    bare::Message explanation;
    explanation.add("the region at ").add_hexadecimal(mapped.address);
    explanation.add(" cannot be mapped (errno ").add_number(mapped.error).add(")");
    run_plain_python(view, options, start, explanation.text());
  }
  copy_hot_pages(view);
  if (!has_its_size(image))
    run_plain_python(view, options, start, "it was cut while it was launched");
  close_files(image, files);

  // 5. Point of no return: the kernel's time functions move, %fs changes hands, the jump.
  const format::ImageHeader& header = view.header();
  const int moved = move_kernel_page(header.kernel_page, start);
  if (moved != 0) reject(options, start, "the vDSO cannot be moved", moved);
  static format::LaunchRequest request;
  request = request_of(options, view, start);
  request.movement = mapped.movement;
  take_identity(options, view, start);
  if ((options.request_flags & format::kFreezesAgain) != 0)
    reserve_outside_arena(view, options, start);
  request.signal_mask = block_signals();
  restore_signals(header.kernel);
  request.thread_id = restore_thread(header.kernel);
  jump(header.resume_entry, header.resume_stack_pointer, &request);
}

}  // namespace pysnap::restore

extern "C" [[noreturn]] void bare_main(void* initial_stack_pointer) {
  pysnap::restore::run(pysnap::bare::ProcessStart::parse(initial_stack_pointer));
}
