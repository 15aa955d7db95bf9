"""What the platform says about itself and does to people: audit, notices, the on-call desk."""
