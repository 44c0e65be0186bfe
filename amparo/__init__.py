"""Amparo: the system with which a migration crisis in Honduras, Guatemala and El Salvador is run."""
