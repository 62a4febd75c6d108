"""tzset takes a new TZ; without TZ the zone is the machine's."""

import os
import time

for zone in ("UTC", "Asia/Kolkata", "EST+05EDT,M4.1.0,M10.5.0", "Europe/Berlin"):
    os.environ["TZ"] = zone
    time.tzset()
    print(zone, time.tzname, time.timezone, time.strftime("%H:%M %Z", time.localtime(0)))
del os.environ["TZ"]
time.tzset()
print(time.localtime(0).tm_gmtoff == -time.timezone)
