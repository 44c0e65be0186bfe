"""Centres: where people without a home sleep tonight, what is there, and what is missing.

Sites with their spaces and facilities; observations of indicators; gaps against the standards; closures.
Data class: internal (no person is named here; headcounts are counts).
"""
