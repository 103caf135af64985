"""OmniRoute: an omnichannel routing engine. See docs/architecture.md for the way through the house."""
