"""Boards, centre pages, one-page sheets: what people see of all modules below. Data class: internal."""
