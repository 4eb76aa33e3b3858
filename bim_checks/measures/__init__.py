"""What rules measure, apart from what they say of it."""
