"""Figures, not tests: how fast Amparo is here, printed beside how quick and how busy the machine is."""
