"""The app: all that imports streamlit, and every picture."""
