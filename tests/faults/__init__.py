"""Faults done to the real server: power cuts, kills, a full disk, hostile wire."""
