# mode: module
# target: sample_package
# files: sample_package
# arguments: 1 2 3
# everywhere: yes
# The work is in data/sample_package/__main__.py.
