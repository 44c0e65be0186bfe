"""Argon2id for people: 19 MiB, two passes, one lane (OWASP's floor), about 30 ms.

Django's own choice takes 100 MiB for each log-in: a handful at once would fill the box of a centre.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
