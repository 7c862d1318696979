"""What other sites show of a link to a room, where the app's address is public: its picture.

``python -m tests.browser.screenshots --rooms`` takes the pictures, hnviz/app/shell/share/*.png.
"""

from html import escape

from hnviz.app.shell.host import ORIGINS, base_path, named
from hnviz.lessons.panel import page_path
from hnviz.web.assets import ASSETS

SIZE = (1200, 630)  # px, which all sites show whole
ROOMS = {
    "start": ("What can a recurrent network do?", "See one count, word by word."),
    "feed": ("What does a recurrent network read?", "See how a text becomes batches."),
    "build": ("What is a recurrent network made of?", "Six networks, line by line."),
    "train": ("How does a recurrent network learn?", "Train one, and watch its words change."),
    "remember": ("What does a recurrent network keep?", "See its state, and change it."),
    "learn_back": ("How far back does one mistake reach?", "See gradients go back in time."),
}
"""Each room's page -> its question, and what a reader can do there."""


def picture_of(page: str) -> str:
    """Return the path of a room's picture below the package."""
    return f"app/shell/share/{page_path(page) or page}.png"


def share_tags(path: str) -> str:
    """Return the tags in the head of a room's page; "" where no public address is set."""
    public = next(iter(named(ORIGINS)), None)
    last = path.rpartition("/")[2]
    page = next((each for each in ROOMS if page_path(each) == last), None)
    if public is None or page is None:
        return ""
    home = f"{public.rstrip('/')}{base_path()}/"
    (wide, high), (question, text) = SIZE, ROOMS[page]
    said = {
        "og:site_name": "hnviz",
        "og:title": question,
        "og:description": text,
        "og:type": "website",
        "og:url": f"{home}{page_path(page)}",
        "og:image": f"{home}{ASSETS.address(picture_of(page))}",
        "og:image:width": str(wide),
        "og:image:height": str(high),
        "og:image:alt": f"The room of hnviz that asks: {question}",
    }
    tags = [f'<meta property="{name}" content="{escape(value)}">' for name, value in said.items()]
    return "".join([*tags, '<meta name="twitter:card" content="summary_large_image">'])
