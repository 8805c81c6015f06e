"""What pages are put together from: components, words, numbers, and the look of it all."""
