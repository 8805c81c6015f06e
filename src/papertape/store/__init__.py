"""What survives a restart: the command journal with its snapshots, and recorded history."""
