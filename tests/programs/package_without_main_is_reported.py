# mode: module
# target: sample_package.inner
# files: sample_package
# status: 1
# Python's own sentence about a package that cannot be run.
