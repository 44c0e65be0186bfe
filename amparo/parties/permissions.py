from enum import StrEnum


class Parties(StrEnum):
    VIEW = "parties.view"  # organisations and whom to call there
    MANAGE = "parties.manage"  # write them; what kind of body one is decides what its people may hold
    ENROL_HELPERS = "parties.enrol_helpers"  # let someone help for a day in one's own centre
