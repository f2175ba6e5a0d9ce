"""How many pods a service has: which number decides, and the numbers that `promote scale` puts in its place."""
