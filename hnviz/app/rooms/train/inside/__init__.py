"""What is inside an accuracy: answers by kind of token, and whole numbers."""
