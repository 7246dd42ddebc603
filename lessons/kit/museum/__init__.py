"""The bug museum of lesson 12: small programs that look honest, and a drill for each that finds what they do."""
