# mode: module
# target: json.tool
# arguments: --sort-keys
# stdin: {"b": [1, 2.5, null], "a": {"x": "\\u00e9"}}
# everywhere: yes
# json.tool is prepared in the images: runpy must not warn that it is imported already.
