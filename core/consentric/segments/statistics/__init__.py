"""Models of buying that are estimated from a population: numpy and scipy, nothing about a single person."""
