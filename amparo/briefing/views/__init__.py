"""The pages of the briefing: find it or 404, may I, ask, show."""
