"""The pages that Streamlit runs, a few lines each."""
