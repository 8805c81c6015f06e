"""The page of live messages: decodes, searches, opens and saves frames as they were sent."""
