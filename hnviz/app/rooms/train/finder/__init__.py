"""The learning rate finder: a range test shows which rates work, and three short runs try one."""
