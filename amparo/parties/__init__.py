"""Who takes part: organisations in full, the people who work and their accounts. Data class: personal."""
