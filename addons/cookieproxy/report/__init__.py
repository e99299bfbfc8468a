"""Reading back: how what was recorded is said to people, on terminals and pages alike."""
