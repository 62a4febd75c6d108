"""uuid, secrets and os.urandom: forms and distances, not values."""

import os
import random
import secrets
import uuid

print(uuid.uuid5(uuid.NAMESPACE_DNS, "example.org"), uuid.uuid3(uuid.NAMESPACE_URL, "x").version)
first, second = uuid.uuid1(), uuid.uuid1()
assert first != second and first.version == 1 and second.time > first.time
print(uuid.uuid4().version, uuid.uuid4() != uuid.uuid4(), len(secrets.token_hex(16)))
assert len({os.urandom(16) for _ in range(100)} | {secrets.token_bytes(16) for _ in range(100)}) == 200
assert len({random.getrandbits(64) for _ in range(1000)}) == 1000
assert len(os.getrandom(8)) == 8 and secrets.compare_digest("a", "a")
print(0 <= secrets.randbelow(10) < 10, random.SystemRandom().randint(5, 5))
