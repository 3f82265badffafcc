"""Road networks: read, snap places, travel matrices and routes."""
