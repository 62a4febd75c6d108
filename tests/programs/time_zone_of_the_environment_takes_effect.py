# environment: TZ=America/New_York
# everywhere: yes
"""Local times follow TZ from the first call on, in Python and in C."""

import datetime
import time

print(time.tzname, time.timezone, time.altzone, time.daylight)
print(time.strftime("%Y-%m-%d %H:%M:%S %Z %z", time.localtime(1_700_000_000)))
print(time.localtime(1_690_000_000))
moment = datetime.datetime.fromtimestamp(1_720_000_000)
print(moment, moment.astimezone(), moment.astimezone().tzinfo)
print(time.mktime((2024, 7, 1, 12, 0, 0, 0, 0, -1)))
