"""Building blocks of pages: components, labels, number formats, styles."""
