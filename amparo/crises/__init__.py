"""Emergencies: what happened, from when to when, where, and in which phase each one is.

The phase chooses the thresholds by which a centre is judged. Data class: internal.
"""
