# mode: module
# target: modules_appear_for_a_module_run_by_name
# everywhere: yes
"""-m imports runpy and what it needs, and nothing else."""

import sys

print(list(sys.modules))
print(__spec__.name, "runpy" in sys.modules, "json" in sys.modules)
