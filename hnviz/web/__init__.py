"""The web server: the routes that hnviz adds to Streamlit's pages. Never loads torch."""
