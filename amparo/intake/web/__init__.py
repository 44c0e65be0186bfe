"""What a browser sends: one finished form, sealed to this installation, and the words for where it stands."""
