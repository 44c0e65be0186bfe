from enum import StrEnum


class Sites(StrEnum):
    VIEW = "sites.view"
    REPORT = "sites.report"  # say what is there: observations, spaces, facilities
    MANAGE = "sites.manage"  # open, edit, close, import
    VERIFY_STANDARDS = "sites.verify_standards"
