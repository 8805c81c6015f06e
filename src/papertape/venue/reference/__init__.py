"""What can be traded: instruments, contract descriptions, dates and calendars."""
