"""Benchmarks that answer a question of their own: published results measured again, and diagnoses scored."""
