"""The course: one folder a lesson, and in ``kit`` what the checks of all of them use."""
