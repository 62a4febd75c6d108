# umask: 027
# limits: nofile=100:200
# limits: fsize=1000000
"""File mode creation mask and resource limits of this launch."""

import errno
import os
import resource

mask = os.umask(0)
os.umask(mask)
print(oct(mask), resource.getrlimit(resource.RLIMIT_NOFILE))
open("made.txt", "w").close()
os.mkdir("made")
print(oct(os.stat("made.txt").st_mode), oct(os.stat("made").st_mode))
opened = []
try:
    while True:
        opened.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print(errno.errorcode[error.errno], len(opened))
for descriptor in opened:
    os.close(descriptor)
print(resource.getrlimit(resource.RLIMIT_FSIZE), resource.getrlimit(resource.RLIMIT_CORE))
try:
    with open("too_large", "wb", buffering=0) as file:
        file.truncate(2_000_000)
except OSError as error:  # SIGXFSZ is ignored by Python
    print(errno.errorcode[error.errno])
