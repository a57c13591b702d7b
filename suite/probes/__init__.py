"""What is measured inside a network while it trains, on a fixed batch of sequences; one quantity a file."""
