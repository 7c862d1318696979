"""The web door: what the server answers besides Streamlit's own pages. Never loads torch."""
