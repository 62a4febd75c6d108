// Functions of the interpreter that behave otherwise for a program: they stay the objects they are;
// what they call is exchanged in their PyMethodDef (methodobject.h), which is the same in all
// supported versions.
#include <string.h>

#include "agent/agent.h"

namespace pysnap::agent {
namespace {

struct BuiltinDefinition {  // PyMethodDef
  const char* name;
  Method method;
};

struct BuiltinFunction {  // PyCFunctionObject
  long reference_count;
  PyObject* type;
  BuiltinDefinition* definition;
};

}  // namespace

void exchange_method(PyObject* module, const char* name, Method replacement, Method& original) {
  PyObject* function = python.PyObject_GetAttrString(module, name);
  if (function == nullptr) give_up("a module of the interpreter lacks a function");
  BuiltinDefinition* definition = reinterpret_cast<BuiltinFunction*>(function)->definition;
  if (strcmp(definition->name, name) != 0) give_up("functions are not what they were");
  if (definition->method == replacement) return;  // by an earlier freeze
  original = definition->method;
  definition->method = replacement;
}

}  // namespace pysnap::agent
