# mode: module
# target: sample_package.inner.tool
# files: sample_package
# arguments: deep
# The work is in data/sample_package/inner/tool.py.
