"""The page on which students train on their own devices, without Streamlit."""
