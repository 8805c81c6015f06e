"""The clock of a Papertape station in the program under test. Standard library only."""
