"""An engine beside torch's, in JavaScript and WebAssembly, that trains the models in a browser."""
