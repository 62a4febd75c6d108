"""Warm-up for tests/differential/large_image.py: imports every module of the large packages."""

import importlib
import pkgutil
import warnings

PACKAGES = ("numpy", "scipy", "sklearn", "pandas", "matplotlib", "lxml", "PIL", "sqlalchemy",
            "cryptography", "pydantic")
# Tests, programs, and bridges to packages that are not there.
LEFT_OUT = ("test", "conftest", "__main__", "backends.", "setup", "f2py", "distutils", "torch",
            "dask", "cupy", "jax", "externals", "array_api_compat", "features", "mypy")

warnings.simplefilter("ignore")
for package in PACKAGES:
    path = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(path, package + ".", onerror=lambda name: None):
        if not any(part in module.name for part in LEFT_OUT):
            try:
                importlib.import_module(module.name)
            except ImportError:
                pass  # needs a package or a system that is not there
