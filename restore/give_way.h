// The ways out when an image is not launched: a sentence and a status, plain Python, or the hosted
// pysnap program.
#pragma once

#include "bare/process_start.h"
#include "bare/text.h"
#include "format/image_view.h"
#include "restore/launch_options.h"

namespace pysnap::restore {

inline constexpr int kLauncherFailed = 125;  // as env(1) and timeout(1) have it

[[noreturn]] void fail(bare::Message& sentence);

// --explain: one line.
void explain_plain_python(const LaunchOptions& options, const char* reason);

// The interpreter's own arguments, with a first place for its name. For an image's own program they
// begin with the options that the image was built with. There is one such vector.
char** interpreter_arguments(const LaunchOptions& options, const format::ImageView* image);

// Becomes an interpreter with these arguments. Returns only where it cannot be executed: an errno.
int execute_interpreter(const char* interpreter, const LaunchOptions& options,
                        const format::ImageView* image, char** environment);

// Becomes the image's interpreter with the same arguments and environment; what stands for an
// interpreter itself goes on to the next one when that is gone.
[[noreturn]] void run_plain_python(const format::ImageView& image, const LaunchOptions& options,
                                   const bare::ProcessStart& start, const char* reason);

// For what stands for an interpreter and has no image, or none that can be used.
[[noreturn]] void run_next_interpreter(const LaunchOptions& options,
                                       const bare::ProcessStart& start, const char* reason);

// Becomes `pysnap`, which lies beside this program, for help and version.
[[noreturn]] void run_hosted(const bare::ProcessStart& start);

}  // namespace pysnap::restore
