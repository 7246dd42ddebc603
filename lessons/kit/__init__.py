"""What a lesson's check is written with: steps, expectations, a place of the student's own, programs, live state."""
