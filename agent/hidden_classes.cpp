// Each class knows its subclasses, also those of modules that the program has not imported, and
// CPython needs all of them there: it tells them when attributes of the class change. So only the
// answer of __subclasses__() is another one: without classes of hidden modules, and of modules that
// the program has imported afresh, and in the order of the program's imports.
//
// abc and functools.singledispatch ask in the same way.
#include <stdlib.h>

#include "agent/agent.h"
#include "agent/prepared_modules.h"
#include "agent/publish.h"

namespace pysnap::agent {
namespace {

struct PreparedClass {
  PyObject* type;
  long module;  // its index in the table of modules, or kAgent
};

constexpr long kAgent = -1;

PreparedClass* classes = nullptr;
size_t class_count = 0;
Method original_subclasses = nullptr;

// A class in an answer: classes of one module keep their order.
struct Place {
  PyObject* type;
  uint32_t turn;
  long position;
};

int compare_classes(const void* one, const void* other) {
  const PyObject* a = static_cast<const PreparedClass*>(one)->type;
  const PyObject* b = static_cast<const PreparedClass*>(other)->type;
  return a < b ? -1 : a > b;
}

int compare_places(const void* one, const void* other) {
  const auto* a = static_cast<const Place*>(one);
  const auto* b = static_cast<const Place*>(other);
  if (a->turn != b->turn) return a->turn < b->turn ? -1 : 1;
  return a->position < b->position ? -1 : 1;
}

// Nullptr for a class of start-up and of the program.
const PreparedClass* prepared_class(PyObject* type) {
  const PreparedClass key = {type, 0};
  return static_cast<const PreparedClass*>(
      bsearch(&key, classes, class_count, sizeof(PreparedClass), compare_classes));
}

bool is_published(const PreparedClass& prepared) {
  if (prepared.module == kAgent) return false;
  const ModuleState state = module_table[prepared.module].state;
  return state == ModuleState::kPublished || state == ModuleState::kPublishing;
}

long last_prepared(PyObject* list) {
  long last = python.PyList_Size(list) - 1;
  while (last >= 0 && prepared_class(python.PyList_GetItem(list, last)) == nullptr) --last;
  return last;
}

// The first classes of the list, up to the last one of a module that was hidden: all of them were
// there at the freeze, and the program's own come after them.
PyObject* visible_part(PyObject* list, long size) {
  auto* places = static_cast<Place*>(malloc(static_cast<size_t>(size) * sizeof(Place)));
  PyObject* visible = python.PyList_New(0);
  if (places == nullptr || visible == nullptr) {
    free(places);
    return visible;
  }
  size_t count = 0;
  for (long i = 0; i < size; ++i) {
    PyObject* type = python.PyList_GetItem(list, i);
    const PreparedClass* prepared = prepared_class(type);
    if (prepared == nullptr)
      places[count++] = {type, 0, i};
    else if (is_published(*prepared))
      places[count++] = {type, module_table[prepared->module].turn, i};
  }
  qsort(places, count, sizeof(Place), compare_places);
  for (size_t i = 0; i < count; ++i) python.PyList_Append(visible, places[i].type);
  free(places);
  return visible;
}

PyObject* subclasses(PyObject* a, PyObject* b, PyObject* c, PyObject* d) {
  PyObject* list = original_subclasses(a, b, c, d);
  if (list == nullptr || module_table.count == 0) return list;
  const long size = last_prepared(list) + 1;
  if (size == 0) return list;
  PyObject* visible = visible_part(list, size);
  if (visible != nullptr) python.PyList_SetSlice(list, 0, size, visible);
  python.Py_DecRef(visible);
  return list;
}

}  // namespace

void hide_prepared_classes() {
  if (class_count != 0) return;  // an earlier freeze has hidden them
  PyObject* found =
      python.PyDict_GetItemString(python.PyDict_GetItemString(agent_names, "HIDDEN"), "classes");
  const long size = python.PyList_Size(found);
  if (size > 0) {
    classes =
        static_cast<PreparedClass*>(malloc(static_cast<size_t>(size) * sizeof(PreparedClass)));
    if (classes == nullptr) give_up("out of memory while the modules were hidden");
    for (; class_count < static_cast<size_t>(size); ++class_count) {
      PyObject* pair = python.PyList_GetItem(found, static_cast<long>(class_count));
      classes[class_count] = {python.PyTuple_GetItem(pair, 0),
                              python.PyLong_AsLong(python.PyTuple_GetItem(pair, 1))};
    }
    qsort(classes, class_count, sizeof(PreparedClass), compare_classes);
    PyObject* object = python.PyDict_GetItemString(python.PyEval_GetBuiltins(), "object");
    exchange_method(object, "__subclasses__", subclasses, original_subclasses);
  }
}

}  // namespace pysnap::agent
