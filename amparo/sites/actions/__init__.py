"""Everything that can be done to a site and to what is known of it."""
