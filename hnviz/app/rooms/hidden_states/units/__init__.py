"""Units over tokens: the state or a gate after each word, and what each unit codes."""
