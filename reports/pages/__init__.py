"""The HTML pages, one file a page; the page of a benchmark is made of sections."""
