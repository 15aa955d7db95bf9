"""What it means: the published language, the detection rules, and the agents that run them."""
