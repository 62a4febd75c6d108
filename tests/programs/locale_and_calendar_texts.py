# environment: LC_TIME=C.UTF-8
# everywhere: yes
"""setlocale takes the environment's locale; dates and numbers are formatted in it."""

import calendar
import datetime
import locale
import time

print(locale.setlocale(locale.LC_CTYPE), locale.setlocale(locale.LC_NUMERIC))
print(locale.setlocale(locale.LC_ALL, ""))
print(locale.getlocale(), locale.getpreferredencoding(), locale.localeconv()["decimal_point"])
moment = datetime.datetime(2024, 2, 29, 13, 5, 9, 123456)
print(moment.strftime("%A %d %B %Y %I:%M:%S.%f %p %j %U %x %X"), f"{moment:%c}")
print(datetime.datetime.strptime("Feb 29 2024 1PM", "%b %d %Y %I%p"), time.strptime("12:34", "%H:%M"))
print(calendar.month(2024, 2).splitlines()[0], locale.format_string("%.2f", 1234.5, grouping=True))
print(sorted(["b", "A", "a", "B", "ä"], key=locale.strxfrm))
try:
    locale.setlocale(locale.LC_ALL, "xx_XX.nonsense")
except locale.Error as error:
    print(error)
