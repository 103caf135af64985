"""OmniRoute: an omnichannel routing engine. See docs/architecture.md for the way through the house."""

__version__ = "0.1.0"
