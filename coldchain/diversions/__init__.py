"""What to do for lots that will fall below their quality: another market, depot or truck, or sold at a discount."""
