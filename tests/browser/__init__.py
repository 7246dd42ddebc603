"""The board in a real browser, over the real stack."""
