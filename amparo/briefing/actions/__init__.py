"""What the briefing writes: sheets of centres, situation reports, and reports that come by themselves."""

from amparo.briefing.actions.sheets import write_site_sheets
from amparo.briefing.actions.situation import REPORT_FORMS, leave_situation, situation_files, write_situation

__all__ = ["REPORT_FORMS", "leave_situation", "situation_files", "write_site_sheets", "write_situation"]
