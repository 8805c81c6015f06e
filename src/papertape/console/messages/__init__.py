"""The page of live messages: frames as they travelled, decoded here, found, opened, saved."""
