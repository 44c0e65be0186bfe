"""The exercise: two storms within a month, in real municipalities, with invented centres, counts, bodies and accounts.

Everything is told through the same actions as real data, in an installation of its own. Running it again only
adds the reports that time has made due, so that the board is always of today.
"""

from amparo.config.exercise.filling import fill_exercise
from amparo.config.exercise.people import ACCOUNTS, ORGANISATION, PASSWORD
from amparo.config.exercise.story import CENTRES, DAYS

__all__ = ["ACCOUNTS", "CENTRES", "DAYS", "ORGANISATION", "PASSWORD", "fill_exercise"]
