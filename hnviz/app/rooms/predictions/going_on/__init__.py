"""What the network says on its own after the prompt, under the true continuation."""
