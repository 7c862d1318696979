"""The gallery: every picture on fixed data, in each of its states. For developers.

``python -m hnviz gallery`` serves it, without Streamlit.
"""
