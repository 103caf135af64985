"""In person: a visitor at a desk, or a request that somebody dictated, registered by hand through the API."""
