# mode: script, module, command, stdin
# stderr: stdout
# status: 1
# everywhere: yes
"""What a program has printed stands before the error that ends it, where CPython writes it so."""

print("the program prints")
raise ValueError("and fails")
