"""Forms that come with Amparo, kept as text (one CSV per sheet) so that a change can be read in a review."""
