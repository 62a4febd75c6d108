# mode: module
# target: no_such_module.at_all
# status: 1
# Python's own sentence about a module that is not there.
