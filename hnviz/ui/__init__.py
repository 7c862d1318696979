"""The only part of hnviz that imports streamlit."""
