"""The class's experiment on the teacher's page: begin one, see it fill, show the results."""
