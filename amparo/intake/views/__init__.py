"""Screens and addresses of what comes in."""
