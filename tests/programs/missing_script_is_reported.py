# target: no_such_script.py
# status: 2
# Python's own sentence about a script that is not there.
