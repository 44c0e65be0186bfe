"""Boards, centre pages and one-page sheets: what people see of all the modules below. Data class: internal."""
