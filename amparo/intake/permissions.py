from enum import StrEnum


class Intake(StrEnum):
    SEND = "intake.send"  # deliver messages and fetch forms
    REVIEW = "intake.review"  # see and decide messages that wait for a person
    MANAGE_FORMS = "intake.manage_forms"
    MANAGE_DEVICES = "intake.manage_devices"
