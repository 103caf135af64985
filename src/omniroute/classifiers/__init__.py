"""Plugin classifiers: what one is (``contract``), and the built-in one, which comes in by the same door as others."""
