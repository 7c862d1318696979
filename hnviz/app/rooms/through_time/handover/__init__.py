"""From the last mini-batch of train into the first of valid: where the state goes."""
