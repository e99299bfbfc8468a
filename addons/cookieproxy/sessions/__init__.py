"""Sessions of applications, told from the traffic alone: when they began, how and why they ended, what is wrong with them."""
