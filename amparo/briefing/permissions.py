from enum import StrEnum


class Briefing(StrEnum):
    SCHEDULE = "briefing.schedule"  # have a situation report come by itself
