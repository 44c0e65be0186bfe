"""What this module does when others announce something."""

from amparo.parties.actions import sessions

__all__ = ["sessions"]
