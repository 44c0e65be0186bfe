"""What may leave, and in which form: pure functions below every export. No database, no Django. Data class: public.

Three questions, three files: which columns may leave for a purpose (`release`), how a telephone is shown to
everybody (`masking`), and which counts of people would tell of one person (`cells`).
"""

from amparo.disclosure.cells import Counts, Published, coarsen, publish, suppress
from amparo.disclosure.masking import masked, phone_for_everybody
from amparo.disclosure.release import Purpose, release, withheld

__all__ = [
    "Counts",
    "Published",
    "Purpose",
    "coarsen",
    "masked",
    "phone_for_everybody",
    "publish",
    "release",
    "suppress",
    "withheld",
]
