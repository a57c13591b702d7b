"""The same work done by each library as its users would write it well; each contestant is run as a process of its own."""
