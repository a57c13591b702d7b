"""Explain the recurrence, its gradient and each cure with numbers, on networks small enough to follow."""
