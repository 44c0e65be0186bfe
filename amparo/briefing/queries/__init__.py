"""What the pages ask: each question takes the person, or centres already limited to what they may see."""
