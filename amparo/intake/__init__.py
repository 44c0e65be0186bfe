"""What comes from outside: made durable first, then applied by a mapping, at least once and idempotently.

Forms and their versions; phones; raw messages and attachments; mappings that turn a sheet or a form's answers
into sites and observations. Data class: each form's own (internal unless it says otherwise); raw messages are
sealed at it.
"""
