# everywhere: yes
"""No descriptor is left over from the start of the process."""

import os

listed = sorted(int(name) for name in os.listdir("/proc/self/fd"))
open_now = [number for number in listed if os.path.exists(f"/proc/self/fd/{number}")]
print("open:", open_now)
new = os.open("/dev/null", os.O_RDONLY)
print("the next descriptor is", new, os.get_inheritable(new), os.get_inheritable(1))
