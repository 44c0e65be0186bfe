"""Screens, drawings and documents for every module above; knows no domain. Holds no data."""
