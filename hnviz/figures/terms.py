"""The terms that pages explain where they first appear: docs/words.md lists them too."""

TERMS = {
    "token": "a word or a comma of the text",
    "id": "a token's place in the vocabulary",
    "vocabulary": "the list of all 39 tokens that the network knows",
    "xxbos": "the token that begins every text: beginning of stream",
    "xxunk": "the token for every word that is not in the vocabulary",
    "train": "the text that the network learns from",
    "valid": "the text it is tested on and never learns from",
    "bs, rows": "batch size: how many parts of the text the network reads side by side",
    "bptt, steps": (
        "how many tokens of each row one mini-batch holds; gradients reach back no further"
    ),
    "mini-batch": "bs rows of bptt tokens, and the next token of each as its target",
    "target": "the token that the network should have guessed: the next one",
    "slot": "one cell of a mini-batch; each slot holds one token",
    "epoch": "one pass over train, followed by one over valid",
    "training step": "one update of the weights, after one mini-batch",
    "lr": "learning rate: how far one training step moves the weights",
    "recipe": "the settings that the notebook trained a model with",
    "seed": "the number that decides a run's first weights: another one rolls the dice again",
    "snapshot": "the weights as they were at one training step",
    "run": "one training, with its settings, events and snapshots",
    "pre-trained": "a run that comes with hnviz",
    "hidden state": "the numbers that a network carries from token to token: its memory",
    "unit": "one number of the hidden state",
    "batch norm": "a layer that shifts and scales each unit, so that training goes on steadily",
    "gate": "a layer that decides, for each unit, what to keep of the old state",
    "attention": "a layer in which each word takes a share of itself and of each word before it",
    "dropout": "setting some outputs to zero at random in training, so that no unit is relied on",
    "logits": "the scores of all tokens, before they become probabilities",
    "loss": (
        "how wrong a guess was: minus the logarithm of the probability of the true token "
        "(cross-entropy)"
    ),
    "perplexity": (
        "exp of the mean loss of all answers, without penalties: as unsure as a choice "
        "among so many tokens"
    ),
    "bits per character": (
        "the loss in bits, spread over the text's characters: it compares words, "
        "characters and byte pairs"
    ),
    "best loss": (
        "the least loss that the last k tokens allow on this text: the entropy of the next token"
    ),
    "surprise": "the loss of one token, in bits",
    "accuracy": "the share of tokens for which its most probable guess was right",
    "running figure": "a figure measured on train while training moved the weights",
    "gradient": (
        "how much the loss would change if a number changed a little: training uses it to correct "
        "weights"
    ),
    "one-cycle": "a schedule: the learning rate rises to its peak, then falls to nearly zero",
    "truncated backpropagation through time": (
        "training in which gradients stop at the start of each mini-batch"
    ),
    "detach": "the call that stops gradients: the state goes on, its history does not",
    "vanishing gradient": "a gradient that shrinks with each token it goes back",
    "generalisation": "being right on text that training did not show",
    "extrapolation": "generalisation beyond the range of training: numbers above 8,000",
    "memory ruler, bound": (
        "what the last k tokens give where a network answers, and what no table of so many exceeds"
    ),
    "position in the number": "which digit or word of the number comes next",
    "linear probe": "a linear classifier that tries to read a digit from the hidden state",
    "temperature": (
        "how freely it picks: 0 takes the most probable word, higher values also less probable ones"
    ),
}
"""Term -> what it means, in one line."""
