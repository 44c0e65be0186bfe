"""Screens over what comes in and over crises: forms, phones, messages, emergencies."""
