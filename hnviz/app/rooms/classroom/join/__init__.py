"""The page that phones open: it takes the code, then lists the lessons, without Streamlit."""
