"""The code cursor: a forward's source, line by line, and the tensors that each line makes."""
