// A launch from the cache that has imported installed modules which its image does not hold: the
// image is made again with them. The launcher asks for it at the first launch, the second, the
// fourth and so on, so that a program which imports something else each time does not build all
// day.
#include <limits.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/learner/notes.h"
#include "agent/learner/start_builder.h"

namespace pysnap::agent {
namespace {

using format::Note;

const format::LaunchRequest* launch_to_improve = nullptr;
constinit learner::Notes notes;
bool has_more = false;

void add_text(Note kind, PyObject* text) {
  const char* bytes = python.PyUnicode_AsUTF8AndSize(text, nullptr);
  if (bytes == nullptr)
    python.PyErr_Clear();
  else
    notes.add(kind, bytes);
}

}  // namespace

void begin_improvement(const format::LaunchRequest& request) {
  if (request.improvement.directory == nullptr) return;
  char directory[PATH_MAX];
  launch_to_improve = &request;
  const char how[] = {
      request.improvement.builds_now != 0 ? format::kBuildsNow : format::kBuildsLater, 0};
  notes.add(Note::kHow, how);
  notes.add(Note::kDirectory, request.improvement.directory);
  notes.add(Note::kWorkingDirectory,
            getcwd(directory, sizeof directory) != nullptr ? directory : "/");
  notes.add(Note::kInterpreter, request.improvement.interpreter);
  for (char** word = request.python_arguments; *word != nullptr; ++word)
    notes.add(Note::kWord, *word);
}

void note_missing_modules() {
  if (launch_to_improve == nullptr) return;
  PyObject* found = call(agent_names, "modules_to_learn");
  if (found == nullptr || found == python.none()) return python.PyErr_Clear();
  add_text(Note::kReason, python.PyTuple_GetItem(found, 0));
  PyObject* names = python.PyTuple_GetItem(found, 1);
  for (long i = 0; i < python.PyList_Size(names); ++i)
    add_text(Note::kModule, python.PyList_GetItem(names, i));
  has_more = true;
}

void start_improvement() {
  const int input = has_more ? notes.to_file() : -1;
  if (input < 0) return;
  const format::Improvement& improvement = launch_to_improve->improvement;
  learner::start_builder(
      improvement.builder, input, launch_to_improve->environment,
      improvement.builds_now != 0 ? learner::Ending::kWaits : learner::Ending::kAtOnce);
  close(input);
}

}  // namespace pysnap::agent
