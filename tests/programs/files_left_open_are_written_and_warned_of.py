# everywhere: yes
# status: 1
"""Files nobody closed: in modules that were prepared, in modules of the program that stay alive, in
the traceback of the error that ends it, in a standard stream's place."""

import json
import os
import subprocess
import sys
import threading
import types
import warnings

warnings.simplefilter("always", ResourceWarning)


def left_open(name):
    file = open(name, "w")
    file.write(name)
    return file


class Finalised:
    def __del__(self):
        os.write(2, b"finalised\n")


os.kept = left_open("in_os")
json._private = left_open("in_json")
threading.kept = Finalised()

own = types.ModuleType("own")
exec("def function():\n    return kept", own.__dict__)
own.kept = left_open("in_own_module")
sys.modules["own"] = own
json.own = own.function

process = subprocess.Popen(["sleep", "0"], stdout=subprocess.DEVNULL)
process.wait()
sys.stdout = left_open("in_place_of_stdout")


def fail():
    local = left_open("in_traceback")
    raise ValueError(local.name)


fail()
