# everywhere: yes
"""What modules keep for all of them: the same before and after each import."""

import sys

# Filled on demand, whoever asks first.
CACHES = {"linecache.cache", "sys.path_importer_cache"}
shown = {}


def containers():
    for name, module in list(sys.modules.items()):
        for key, value in list(vars(module).items()):
            if key[:1] != "_" and isinstance(value, (dict, list, set)) and name != "__main__":
                yield f"{name}.{key}", (type(value).__name__, len(value))


def dispatchers():
    for name, module in list(sys.modules.items()):
        for key, value in list(vars(module).items()):
            if type(value) is type(show) and hasattr(value, "dispatch"):
                yield f"{name}.{key}", [each.__qualname__ for each in value.registry]


def registries():
    yield from containers()
    yield from dispatchers()
    modules = sys.modules
    yield "warnings", [str(each) for each in modules["_warnings"].filters] if "_warnings" in modules else 0
    if "logging" in modules:
        logging = modules["logging"]
        loggers = logging.root.manager.loggerDict.items()
        yield "loggers", [(name, type(each).__name__, getattr(each, "level", None)) for name, each in loggers]
        yield "handlers", (len(logging._handlers), len(logging._handlerList))
    if "threading" in modules:
        yield "threads", [each.name for each in modules["threading"].enumerate()]
    if "weakref" in modules:
        finalizers = modules["weakref"].finalize._registry.values()
        yield "finalizers", [each.func.__qualname__ for each in finalizers]
    if "multiprocessing.util" in modules:
        yield "exit finalizers", len(modules["multiprocessing.util"]._finalizer_registry)
    if "copyreg" in modules:
        yield "reducers", [each.__qualname__ for each in modules["copyreg"].dispatch_table]
    if "numbers" in modules and "decimal" in modules:
        number, decimal = modules["numbers"], modules["decimal"].Decimal
        yield "decimal", (issubclass(decimal, number.Number), issubclass(decimal, number.Real))


def show(title):
    print(title)
    for key, value in registries():
        if key not in CACHES and shown.get(key) != value:
            shown[key] = value
            print("  ", key, value)


show("start")
for name in (
    "json", "numbers", "decimal", "logging.config", "concurrent.futures", "asyncio", "sqlite3",
    "xml.etree.ElementTree", "xml.dom.minidom", "unittest.mock", "email.mime.text", "http.server",
    "tarfile", "ctypes", "multiprocessing.pool", "multiprocessing.managers", "statistics",
    "importlib.resources", "mimetypes", "urllib.request", "dataclasses", "csv", "pprint", "tempfile",
):
    __import__(name)
    show(name)
