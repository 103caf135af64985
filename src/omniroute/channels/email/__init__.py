"""The e-mail channel: SMTP in, SMTP out, and everything that turns a letter into an interaction."""
