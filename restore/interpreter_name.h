// pysnap-run under the name of an interpreter: a link called `python`, `python3` or `python3.N`
// acts as that interpreter, so that whatever wants the path of one can be given it. It has no
// options of its own; docs/commands.md says which image it takes and what runs without one.
#pragma once

#include "bare/path.h"
#include "bare/process_start.h"
#include "format/image_view.h"
#include "restore/launch_options.h"

namespace pysnap::restore {

// The path this program was invoked by if its last part names an interpreter, else nullptr.
const char* interpreter_link(const bare::ProcessStart& start);

// The image for a link: the file beside it whose name is the link's and `.pysnap`, else the one in
// PYSNAP_IMAGE; nullptr: there is none. The text stays valid.
const char* image_of_link(const char* link, char** environment);

// Whether the image is one of the interpreter that the link stands for: of the version in its name,
// and of the virtual environment it lies in. A reason, or nullptr when it is.
const char* why_not_for_link(const char* link, const format::ImageView& image);

// Where programs are searched: PATH, or where shells search without it.
const char* search_directories(char** environment);

// Whether a file is CPython's own program, behind a name like python3.11. Not a wrapper, such as a
// shim of a version manager, which searches PATH itself and could come back to a link for ever.
bool is_interpreter_itself(const char* candidate);

// Whether launches by a link use the cache: `found` is then the interpreter that the link stands
// for. Else a reason. Tools start interpreters with a thousand texts (`-c`, standard input): they
// would fill the cache with images that nobody uses again.
const char* why_no_cache_for_link(const char* link, const format::PythonCommand& command,
                                  char** environment, bare::Path& found);

// Whether a path leads to the program that runs, by a link.
bool is_this_program(const char* path);

// Whether two paths stand for one interpreter: the same program in the same directory, which
// decides about a virtual environment. `python` and `python3` of one environment do.
bool is_same_interpreter(const char* one, const char* other);

// Becomes the interpreter that would run if the link were not there. Returns only if none is found.
void execute_next_interpreter(const char* link, char** arguments, char** environment);

}  // namespace pysnap::restore
