"""Modules that a run of the program has imported: prepared as far as that is safe.

Invariant: no code of the program's own project runs while the image is made. Its author expects it
to run when the program does: modules without a guard around their work would do the work twice. So
only modules of the interpreter and of installed packages are prepared. Whatever fails is left to
the launches.
"""

import sys

LEFT_OUT = {}  # names that cannot be prepared; a launch that imports them learns nothing new
INSTALLED = {}  # first part of a name -> whether it is an installed package's
PACKAGE_FOLDERS = ("/site-packages/", "/dist-packages/")


def prepare_learned(builder, name):
    """Imports one of them; the order is that of sys.modules, so those that import others come first."""
    if name in sys.modules or name == LEFT_TO_LAUNCHES or not is_installed(name.partition(".")[0]):
        return
    builder.tell("import", name)
    try:
        __import__(name)
    except BaseException:
        LEFT_OUT[name] = True  # it may be there in another run, or under another name


def modules_to_learn():
    """(why, names) where a launch has imported installed modules that its image does not hold; or
    None."""
    known = (HIDDEN["all"], LEFT_OUT, CODE_ONLY)
    new = []
    for name, module in sys.modules.items():
        spec = own_name(module, "__spec__")
        if any(name in names for names in known) or getattr(spec, "name", None) != name:
            continue
        if is_installed_spec(spec):
            new.append(name)
    if not new:
        return None
    more = f" and {len(new) - 1} more" if len(new) > 1 else ""
    return f"the image did not hold {new[0]}{more}", list(HIDDEN["indices"]) + new


def is_installed(top):
    """Whether a top-level module comes from the interpreter or from an installed package."""
    if top not in INSTALLED:
        try:
            INSTALLED[top] = is_installed_spec(bootstrap._find_spec(top, None))
        except Exception:
            INSTALLED[top] = False
    return INSTALLED[top]


def is_installed_spec(spec):
    """As is_installed(); None is what nobody has found."""
    if spec is None:
        return False
    if not spec.has_location and spec.submodule_search_locations is None:
        return True  # built in or frozen
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations)
    roots = {f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    return all(
        any(folder in place for folder in PACKAGE_FOLDERS)
        or any(place.startswith(root) for root in roots)
        for place in places
    )


def dependents_of(name):
    """The modules that cannot be imported without one; nothing where no module is to blame."""
    imports = steps_of(BUILD["recorder"]) if "recorder" in BUILD else None
    if imports is None or name not in sys.modules:
        return []
    closures = {}
    return [other for other in sys.modules if name in closure_of(other, imports, closures)]
