"""zoneinfo: conversions over a change of daylight saving time."""

import datetime
import pickle
import zoneinfo

berlin = zoneinfo.ZoneInfo("Europe/Berlin")
for hours in (0, 1, 2):
    moment = datetime.datetime(2024, 3, 31, hours, 30, tzinfo=datetime.timezone.utc)
    print(moment.isoformat(), moment.astimezone(berlin).isoformat())
print(datetime.datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=1).utcoffset())
assert pickle.loads(pickle.dumps(berlin)) is berlin
try:
    zoneinfo.ZoneInfo("Nowhere/At_All")
except zoneinfo.ZoneInfoNotFoundError as error:
    print(error)
