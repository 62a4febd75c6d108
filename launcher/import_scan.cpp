#include "launcher/import_scan.h"

#include <sys/wait.h>

#include "launcher/child_process.h"
#include "launcher/startup_variables.h"

namespace pysnap::launcher {
namespace {

using support::Error;
using support::ErrorKind;
using support::Result;

// Finding a module inside a package asks for the package's folders only, which its spec has: no
// package is imported for it. What counts as installed is what agent/python/learned.py says.
constexpr const char* kScan = R"(
import ast, pkgutil, sys
from importlib import _bootstrap as bootstrap
from importlib.util import MAGIC_NUMBER

kind, name, directory = sys.argv[1:]
if sys.path and sys.path[0] == "":
    sys.path[0] = directory
ROOTS = {prefix + "/lib" for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
specs, reached, installed, pending = {}, set(), {}, []

def locate(module):
    if module not in specs:
        above, _, last = module.rpartition(".")
        package = locate(above) if above else None
        places = package.submodule_search_locations if package else None
        specs[module] = None
        if not above or places is not None:
            try:
                specs[module] = bootstrap._find_spec(module, places)
            except Exception:
                pass
    return specs[module]

def is_installed(spec):
    if not spec.has_location and spec.submodule_search_locations is None:
        return True
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations)
    return all("/site-packages/" in place or "/dist-packages/" in place
               or any(place.startswith(root) for root in ROOTS) for place in places)

def reach(module):
    parts = module.split(".") if module else []
    for count in range(1, len(parts) + 1):
        part = ".".join(parts[:count])
        spec = locate(part)
        if spec is None:
            return
        if is_installed(spec):
            installed[part] = True
        elif part not in reached:
            pending.append((part, spec))
        reached.add(part)

def is_test_of(test, names):
    return getattr(test, "id", getattr(test, "attr", None)) in names

def is_main_test(test):
    return isinstance(test, ast.Compare) and is_test_of(test.left, ("__name__",))

INNER = (ast.stmt, ast.excepthandler, ast.match_case)

def imports(node, is_main):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield 0, alias.name, ()
        elif isinstance(child, ast.ImportFrom):
            yield child.level, child.module or "", [alias.name for alias in child.names]
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            pass
        elif isinstance(child, ast.If) and (is_test_of(child.test, ("TYPE_CHECKING",))
                                            or is_main_test(child.test) and not is_main):
            yield from imports(ast.Module(child.orelse, []), is_main)
        elif isinstance(child, INNER):
            yield from imports(child, is_main)

def scan(source, package, is_main):
    for level, module, names in imports(ast.parse(source, name), is_main):
        try:
            base = bootstrap._resolve_name(module, package, level) if level else module
        except ImportError:
            continue
        reach(base)
        for inner in names:
            if inner != "*" and locate(base) is not None and locate(base).submodule_search_locations:
                reach(base + "." + inner)

def source_of(spec):
    try:
        return spec.loader.get_source(spec.name) or ""
    except (ImportError, AttributeError):
        return ""

def scan_main():
    if kind == "module":
        spec = locate(name)
        if spec is not None and spec.submodule_search_locations is not None:
            reach(name)
            spec = locate(name + ".__main__")
        elif spec is not None:
            reach(name.rpartition(".")[0])
        if spec is None:
            sys.exit("there is no module of that name that can be run")
        return scan(source_of(spec), spec.parent, True)
    importer = pkgutil.get_importer(name)
    if importer is None:
        with open(name, "rb") as file:
            source = file.read()
        return None if source.startswith(MAGIC_NUMBER) else scan(source, "", True)
    sys.path[:1] = [name]
    spec = importer.find_spec("__main__")
    if spec is None:
        sys.exit("it holds no module __main__")
    return scan(source_of(spec), "", True)

try:
    scan_main()
    for module, spec in pending:
        try:
            scan(source_of(spec), spec.parent, False)
        except SyntaxError:
            pass
except (OSError, SyntaxError, ValueError) as error:
    sys.exit(f"{type(error).__name__}: {error}")
print("\n".join(installed))
)";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

}  // namespace

Result<std::vector<std::string>> scan_imports(const PythonInterpreter& python,
                                              const std::vector<std::string>& python_options,
                                              const ScannedProgram& program) {
  std::vector<std::string> words = {python.executable};
  words.insert(words.end(), python_options.begin(), python_options.end());
  const bool is_module = program.kind == format::ProgramKind::kModule;
  words.insert(words.end(), {"-c", kScan, is_module ? "module" : "script", program.name,
                             program.search_directory});
  const Result<CommandResult> scan = run_command(std::move(words), boot_environment());
  if (!scan) return support::fail(scan.error());
  if (scan->status != 0) {
    const std::vector<std::string> said = lines_of(scan->errors);
    return support::fail(
        Error::because(ErrorKind::kInput,
                       fmt::format("{} cannot be run by {}: {}", program.name, python.executable,
                                   said.empty() ? "it did not answer" : said.back())));
  }
  return lines_of(scan->output);
}

}  // namespace pysnap::launcher
