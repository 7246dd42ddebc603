"""The agent: a narrow way for the board's buttons to stop, start, kill, freeze and scale workers on this computer."""
