// Decides about a script without Python: whether it is a plain file, and which directory goes first
// on the search path.
#pragma once

#include <limits.h>

namespace pysnap::agent {

struct ScriptFile {
  char path[PATH_MAX];       // absolute, as __file__ shows it
  char directory[PATH_MAX];  // sys.path[0]
};

// False: a directory, an archive, missing, or anything unusual; agent/python/launch.py decides.
bool is_plain_script(const char* script, ScriptFile& file);

// Makes the entry in sys.path_importer_cache that plain Python makes for a plain script.
void remember_no_importer(const char* path);

}  // namespace pysnap::agent
