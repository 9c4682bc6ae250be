"""Who belongs where: measures per person, scores from them, memberships as intervals of runs."""
