# mode: module
# target: doctest
# arguments: -v documented_module.py
# files: documented_module.py
# status: 1
# doctest of a file with one wrong example.
