"""Questions about centres. None writes; each starts from what the user may see, or from sites already limited."""
