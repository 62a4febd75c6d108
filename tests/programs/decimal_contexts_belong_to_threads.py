"""Each thread has a decimal context of its own, made from the default one."""

import decimal
import threading

decimal.getcontext().prec = 10
decimal.DefaultContext.prec = 5
results = {}


def divide(digits):
    if digits:
        decimal.getcontext().prec = digits
    results[digits] = str(decimal.Decimal(1) / 3)


threads = [threading.Thread(target=divide, args=(digits,)) for digits in (0, 3, 8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results.items()), decimal.Decimal(1) / 3)
try:
    decimal.Decimal(1) / 0
except decimal.DivisionByZero as error:
    print(repr(error), decimal.getcontext().flags[decimal.DivisionByZero])
