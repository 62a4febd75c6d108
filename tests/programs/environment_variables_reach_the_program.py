# environment: GREETING=hello world
# environment: EMPTY=
# environment: UNICODE=na\xc3\xafve
# environment: WITH_EQUALS=a=b=c
# everywhere: yes
"""os.environ has the variables of this launch, not those of another."""

import os

for name in ("GREETING", "EMPTY", "UNICODE", "WITH_EQUALS", "ABSENT"):
    print(name, repr(os.environ.get(name)), repr(os.getenv(name)), os.environb.get(name.encode()))
print(sorted(os.environ))
print(os.path.expanduser("~") == os.environ["HOME"], os.get_exec_path())
del os.environ["GREETING"]
os.environ["ADDED"] = "1"
print("GREETING" in os.environ, os.popen("echo $ADDED $GREETING $EMPTY.").read(), end="")
