"""Traceability: the lots of a day as EPCIS 2.0 events, their hashes, checks beyond the schema, and a page per lot."""
