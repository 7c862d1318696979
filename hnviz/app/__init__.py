"""The app: every module that imports streamlit, and every picture."""
