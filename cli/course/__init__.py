"""The course in the terminal: lessons shown, checked, hinted at, begun anew."""
