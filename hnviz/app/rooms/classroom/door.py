"""What a browser sees that has not joined the class."""

import streamlit as st

from hnviz.app.kit.text import page_title, prose


def join_first() -> None:
    """Show the way in, in place of any page."""
    page_title("Join the class")
    prose("These pages are for those who have joined, with the code on the teacher's screen.")
    join_link()


def join_link() -> None:
    """Draw the link to the page that takes the code; it opens in this tab."""
    st.html('<a class="hnviz-join" href="class/join" target="_self">Join the class</a>')


def train_link() -> None:
    """Draw the link to the page on which a student's device trains for the class."""
    st.html('<a class="hnviz-join" href="class/train" target="_self">Train with the class</a>')
