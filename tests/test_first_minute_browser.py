"""What every page shows before anybody scrolls: its takeaway, a control and a picture, at rest."""

from functools import partial
from itertools import pairwise
from operator import le

import pytest

from hnviz.app.shell.navigation import PAGES
from hnviz.web.assets import styled
from tests.axe import barriers
from tests.conftest import awaited, bottom, errors_of, idle, profile, resize, until

LARGEST_SHIFT = 0.1  # "good" of web.dev/articles/cls
AT_REST = 0.02  # of a page that opens
SMALLEST_TARGET = 24  # px, WCAG 2.2's 2.5.8
LONGEST = 20  # words of a takeaway
WIDE, PHONE, LARGE = (1280, 800), (390, 844), (1920, 1080)
PROJECTOR = 720  # px, the height of many
ROOMS = (
    "What can it do?",
    "What does it read, and how?",
    "What is it made of?",
    "How does it learn?",
    "What does it keep?",
    "How far back does one mistake reach?",
)
"""The titles of the rooms, along the path from one to the next."""

FIRST = {  # view -> its takeaway, a control, its picture
    "": ("start_headline", "start_reading", "start_reading"),
    "feed": ("page_lead", "data_guess", "data_guess"),
    "feed?feed_part=Batches": ("page_lead", "batches_controls", "batches_machine"),
    "build": ("page_lead", "models_controls", "models_reading"),
    "train": ("train_curves", "train_bar", "train_curves"),
    "train?train_part=Compare+runs": ("compare_curves", "compare_curves", "compare_curves"),
    "train?train_part=Many+runs": ("sweep_map", "sweep_form", "sweep_map"),
    "train?train_part=Exercises": ("page_lead", "clinic_fields", "clinic_curves"),
    "train?train_part=Exercises&train_exercise=Lines": (
        "page_lead",
        "lines_fields",
        "lines_forward_fields",
    ),
    "remember": ("states_headline", "states_bar", "states_reading"),
    "remember?remember_part=Another+memory": (
        "predictions_courses",
        "predictions_courses",
        "predictions_courses",
    ),
    "?count_part=Counting+map": ("map_headline", "map_controls", "map_picture"),
    "learn-back": ("time_headline", "time_bar", "time_reading"),
    "feed?feed_part=Tasks": ("page_lead", "tasks_controls", "tasks_text"),
    "words": ("page_lead", "words_list", "words_list"),
}

FIRST_SCREEN = {  # room -> its first picture, and the one of its own question
    "": ("start_reading", "start_reading"),
    "feed": ("data_guess", "data_guess"),
    "build": ("models_reading", "models_cards"),
    "train": ("train_curves", "train_curves"),
    "remember": ("states_reading", "states_picture"),
    "learn-back": ("time_reading", "time_lanes"),
}
ALSO = (  # networks with more to choose
    "?run=Model2",
    "build?models_model=LSTM",
    "train?train_part=Exercises&clinic_ward=B",
    "remember?run=LSTM",
)
FREE = ("train?train_part=Exercises&train_exercise=Lines", "words")
"""Views whose controls are their matter: a form of lines, a list of words."""
MOST_CONTROLS = 9  # one main control and eight others
LOWEST = 160  # px, where the first picture begins
HALF = 600  # px: a picture that begins higher fills the lower half
MOST_SCREENS = 3

CONTROLS = styled("""() => {
  const control = "button, input:not([type=hidden]), select, textarea, summary, [role=combobox]";
  const whole = "[role=group], [role=radiogroup], fieldset, .field:not(:has([role=group]))";
  const alike = "button, [type=radio], [type=checkbox], [type=range]"; // of what may be one control
  const seen = [];
  const look = (root) => root.querySelectorAll("*").forEach((each) => {
    if (each.shadowRoot) look(each.shadowRoot);
    const { top, bottom, width } = each.getBoundingClientRect();
    const isSeen = width && top < innerHeight && bottom > 0;
    if (!isSeen || !each.matches(control)) return;
    if (each.checkVisibility({ visibilityProperty: true })) seen.push([each, each.closest(whole)]);
  });
  look(document.querySelector(":--content"));
  const isOne = (all) => all.matches(".field") ||
    seen.every(([each, of]) => of !== all || each.matches(alike));
  const ones = new Set(seen.map(([each, all]) => (all && isOne(all) ? all : each)));
  const name = (each) => each.ariaLabel ||
    each.querySelector(".field-name :is(label, span)")?.innerText ||
    each.labels?.[0]?.innerText || each.innerText || each.type;
  return [...ones].map((each) => name(each).split(/\\s+/).filter(Boolean).join(" ").slice(0, 40));
}""")
"""The names of what a reader can choose between without scrolling. Buttons of which one is chosen
are one control; so are a slider with its play, and a field with the mark that explains it."""

FIRST_CONTROL = {
    "?count_part=Counting+map": (".st-key-map_headline .hnviz-sentence", ".st-key-map_controls"),
    "train?train_part=Compare+runs": (".st-key-compare_curves .headline", ".controls"),
    "remember?remember_part=Another+memory": (".st-key-predictions_courses .headline", ".swap"),
}
"""View -> its words, and the control that follows them closely."""

TITLES = """content => {
  const place = (part) => (({ top, bottom }) => ({ top, bottom }))(part.getBoundingClientRect());
  const [title, ...choices] = content.querySelectorAll(
    "h1, [class*=_part_fields], .st-key-models_controls, .st-key-remember_put_fields");
  const blanks = [...content.querySelectorAll("[data-picture='kit/fields']")].map((row) => {
    const root = row.shadowRoot.querySelector(".hnviz");
    const bottoms = [root, root.querySelector(".row")].map((part) => place(part).bottom);
    return [row.dataset.holds, bottoms[0] - bottoms[1]];
  });
  const wrong = blanks.filter(([, px]) => px > 4);
  return { title: place(title), choices: choices.map(place), blanks: wrong };
}"""
"""The places of a title and the choices beside it, and rows of controls with a blank below."""

ROWS = """() => [...document.querySelectorAll("[data-picture='kit/fields']")]
  .every((each) => each.shadowRoot?.querySelector(".hnviz[data-ready] .row"))"""
"""Whether all rows of controls are drawn."""

TITLED = (
    "",
    "feed",
    "feed?feed_part=Batches",
    "feed?feed_part=Tasks",
    "build",
    "train",
    "remember",
)
TITLE_TOP = {WIDE: 16, LARGE: 16, PHONE: 56}  # px: of the choices, or of the title above them
GROWS = {"?count_part=Counting+map": "map_picture", "": "start_reading"}
"""View -> its picture that grows with the page."""
KEPT = """place => {
  const probe = place.appendChild(document.createElement("div"));
  probe.style.height = "var(--hn-height)";
  const { offsetHeight } = probe;
  probe.remove();
  return offsetHeight;
}"""
"""The height that is kept for a picture."""

ON_A_PHONE = ("", "train", "remember", "feed")  # in every run; the others: make slow

WATCH = """
window.moved = [];
window.what = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) {
    window.moved.push(shift.value);
    for (const { node, previousRect: from, currentRect: to } of shift.sources) {
      const part = (node?.closest ? node : node?.parentElement)?.closest("[class*=st-key-]");
      window.what.push(`${part?.className} ${from.y}+${from.height} to ${to.y}+${to.height}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""

PLACE = """content => {
  const { left, right } = content.getBoundingClientRect();
  return [left, right, getComputedStyle(content).paddingTop];
}"""


def watch(context):
    page = context.new_page()
    page.errors = errors_of(page)
    page.add_init_script(WATCH)
    return page


@pytest.fixture
def first_visit(browser):
    """Open a tab in a browser whose cache is empty."""
    with profile(browser, reduced_motion="reduce") as context:
        yield watch(context)


@pytest.fixture(scope="module")
def watching(context):
    """Open one tab for all views: a new tab would compile Streamlit's and Plotly's files again."""
    page = watch(context)
    yield page
    page.close()


@pytest.fixture
def watched(watching):
    """Open one view, and watch what moves."""
    yield partial(opened, watching)
    watching.goto("about:blank")  # ends what still runs there


def opened(page, url, size, mode):
    page.errors.clear()
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    page.emulate_media(color_scheme=mode)
    page.goto(url)
    page.locator(".hnviz[data-ready]").first.wait_for(state="attached")  # a lesson may cover it
    idle(page)
    page.wait_for_timeout(1000)  # late content may move things too
    return page


@pytest.mark.slow
@pytest.mark.parametrize("view", FIRST)
@pytest.mark.parametrize(("size", "mode"), [(WIDE, "dark"), (PHONE, "light")])
def test_a_first_visit_moves_nothing_and_has_no_barriers(first_visit, server, view, size, mode):
    """The other tests use these sizes in the other mode."""
    page = opened(first_visit, f"{server}/{view}", size, mode)
    assert sum(page.evaluate("window.moved")) < AT_REST, page.evaluate("window.what")
    assert barriers(page) == []
    assert page.errors == []


@pytest.mark.walk
@pytest.mark.parametrize(
    ("view", "size", "mode"),
    [
        *((view, WIDE, "light") for view in FIRST),
        *(
            pytest.param(view, PHONE, "dark", marks=() if view in ON_A_PHONE else pytest.mark.slow)
            for view in FIRST
        ),
    ],
)
def test_a_page_opens_at_rest_with_all_in_sight_for_everybody(watched, server, view, size, mode):
    page = watched(f"{server}/{view}", size, mode)
    assert sum(page.evaluate("window.moved")) < AT_REST, page.evaluate("window.what")
    _is_in_sight(page, view, size)
    _is_in_its_place(page, view, size)
    if size == WIDE:
        _has_few_controls(page, view)
        _has_its_height(page, view)
    chosen = page.locator(styled(":--main [aria-pressed=true]:visible"))
    if chosen.count():
        chosen.first.hover()  # it stays readable under the pointer
    assert barriers(page) == []
    assert _small_help(page) == []
    if size == WIDE and view in TITLED:
        for other in (PHONE, LARGE):
            resize(page, *other)
            _is_in_its_place(page, view, other)
    for _ in range(4):  # and what is drawn when it comes into sight
        page.mouse.wheel(0, 2000)
        page.wait_for_timeout(100)
    idle(page)
    # A breach of the security policy is an error too. What the page asks for counts as well.
    assert page.errors == []


def _is_in_sight(page, view, size):
    """Check that the takeaway, a control and the picture are on the first screen."""
    takeaway, control, picture = FIRST[view]
    fold = size[1] if size == WIDE else 1.5 * size[1]
    for place in (takeaway, control):
        box = awaited(page, page.locator(f"[class*='st-key-{place}']").first.bounding_box)
        assert box["y"] + min(box["height"], 60) <= fold, place
    box = page.locator(f".st-key-{picture}").bounding_box()
    assert box["y"] + 200 <= fold, f"{picture} begins at {box['y']}"
    if view == "train":
        bar = page.locator(".st-key-train_bar")
        kept = bar.evaluate("bar => getComputedStyle(bar).getPropertyValue('--hn-height')")
        height = awaited(page, bar.bounding_box)["height"]
        assert kept == f"{height:g}px", "the bar fits the place kept for it"
    if view == "train" and size == WIDE:
        charts = page.locator(f".st-key-{picture} [data-panel]")
        charts.first.wait_for()
        lowest = charts.evaluate_all(
            "all => Math.max(...all.map((chart) => chart.getBoundingClientRect().bottom))"
        )
        assert 0 < lowest <= PROJECTOR, "the curves are whole"
        press = page.get_by_role("button", name="Train", exact=True).bounding_box()
        assert press["y"] + press["height"] <= fold, "the button is above the fold"
    said = _takeaway(page, takeaway)
    assert 3 <= len(said.split()) <= LONGEST, said


def _is_in_its_place(page, view, size):
    """Check that titles have one height, no row a blank below, and first controls a short way."""
    if view in TITLED:
        until(page, ROWS)
        content = page.locator(styled(":--content"))
        found = awaited(page, partial(content.evaluate, TITLES), has_no_blanks)
        first = found["title"] if size == PHONE else found["choices"][0]
        assert first["top"] == TITLE_TOP[size], "all titles have one height"
        if size == PHONE:  # one below the other
            places = [found["title"], *found["choices"]]
            gaps = [under["top"] - over["bottom"] for over, under in pairwise(places)]
            assert all(7 < gap < 24 for gap in gaps), gaps
    if view in FIRST_CONTROL and size == WIDE:
        words, control = (page.locator(each).first for each in FIRST_CONTROL[view])
        awaited(page, lambda: control.bounding_box()["y"] - bottom(words), follows)


def _has_its_height(page, view):
    """Check that a picture that grows with the page fills the place that was kept for it."""
    if view in GROWS:
        place = page.locator(f".st-key-{GROWS[view]}")
        assert 0 <= place.evaluate(KEPT) - place.bounding_box()["height"] < 8


def has_no_blanks(found) -> bool:
    return found["blanks"] == []


def follows(gap) -> bool:
    return 0 < gap <= 42


def _has_few_controls(page, view):
    """Check what a reader can choose between without scrolling, and how far a room goes."""
    if view not in FREE:
        until(page, f"() => ({CONTROLS})().length > 1")
        controls = page.evaluate(CONTROLS)
        assert 2 <= len(controls) <= MOST_CONTROLS, controls
    if view in FIRST_SCREEN:
        first, own = (page.locator(f".st-key-{each}").bounding_box() for each in FIRST_SCREEN[view])
        assert first["y"] <= LOWEST
        assert own["y"] + own["height"] <= WIDE[1] or own["y"] <= HALF, own
    if view in FIRST_SCREEN or view.startswith("train"):
        height = partial(page.locator(styled(":--main")).evaluate, "main => main.scrollHeight")
        awaited(page, height, le, MOST_SCREENS * WIDE[1])


@pytest.mark.walk
@pytest.mark.parametrize("view", GROWS)
def test_a_picture_that_grows_with_a_large_page_keeps_its_place(watched, server, view):
    _has_its_height(watched(f"{server}/{view}", LARGE, "light"), view)


@pytest.mark.walk
@pytest.mark.parametrize("view", ALSO)
def test_a_network_with_more_to_choose_keeps_its_room_short(page, server, view):
    page.set_viewport_size(dict(zip(("width", "height"), WIDE, strict=True)))
    page.goto(f"{server}/{view}")
    page.locator(".hnviz[data-ready]").first.wait_for(state="attached")
    idle(page)
    until(page, ROWS)
    _has_few_controls(page, view)


DEEPER = (
    "?start_all_runs=true",
    "data?data_vocabulary=true",
    "batches?batches_counts=true&batches_memory=true&batches_positions=true",
    "models?models_model=Model3&models_twins=true&models_shares=true",
    "models?models_cell=true&models_parts=true&models_source=true&models_figures=true"
    "&models_model=Model5",
    "train?train_worst_kind=ones&train_seed=3",
    "train?train_part=Compare+runs&runs=Model5,Model5-blocks,LSTM&compare_show=accuracy+by+kind&compare_log_up=true",
    *(f"train?train_view=By+{each}" for each in ("position", "epoch", "learning+rate")),
    *(
        f"remember?states_view={each}"
        for each in ("What+the+whole+state+shows", "Path+of+the+state")
    ),
    "remember?states_view=Find+it+elsewhere",
    "remember?remember_part=Another+memory&predictions_ways=true&swapped=1",
    "learn-back?time_more_state=true",
    "feed?feed_part=Tasks&tasks_task=A+regular+language&tasks_network=true",
    "feed?feed_part=Batches&lesson=text-into-batches.1",
)
"""Views with what is folded away, or below the first picture."""

TALL = 3000  # px: pictures are drawn once they are near the screen


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_what_a_reader_opens_is_for_everybody_too(page, server, mode):
    page.emulate_media(color_scheme=mode)
    for view in DEEPER:
        page.set_viewport_size({"width": WIDE[0], "height": TALL})
        page.goto(f"{server}/{view}")
        drawn = page.locator(styled(":--main .hnviz[data-ready]")).first
        drawn.wait_for(state="attached")  # a line that has nothing to say has no height
        idle(page)
        page.wait_for_timeout(2000)  # what is drawn when it comes into sight
        idle(page)
        for width in (WIDE[0], PHONE[0]):
            page.set_viewport_size({"width": width, "height": TALL})
            page.wait_for_timeout(300)
            assert barriers(page) == [], (view, width)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
    assert page.errors == []


@pytest.mark.walk
def test_a_page_that_waits_for_the_server_keeps_its_place(context, server):
    """On a busy computer a browser draws Streamlit's skeleton before the sidebar comes."""
    page = watch(context)
    content, drawn = page.locator(styled(":--content")), {}
    for size in (PHONE, WIDE):
        page = opened(page, f"{server}/build", size, "light")
        drawn[size] = content.evaluate(PLACE)
    page.route_web_socket("**/stream", lambda _: None)  # no answer comes
    for size, place in drawn.items():
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        page.goto(f"{server}/build")
        assert content.evaluate(PLACE) == place, size
    page.close()


@pytest.mark.walk
@pytest.mark.parametrize("view", ["remember", "learn-back"])
def test_a_page_opens_at_rest_in_present_mode(watched, server, view):
    page = watched(f"{server}/{view}?present=true", LARGE, "light")
    page.locator(".st-key-present input:checked").wait_for(state="attached")
    assert sum(page.evaluate("window.moved")) < LARGEST_SHIFT, page.evaluate("window.what")
    assert _small_help(page) == []


STEPS = (
    *(("text-into-batches", 7), ("what-the-state-remembers", 4), ("what-the-state-remembers", 8)),
    *(("why-truncate", 3), ("is-47-percent-bad", 4), ("counting-past-8000", 2)),
)
"""Steps of lessons, each on another page; these moved most."""


@pytest.mark.walk
@pytest.mark.parametrize("size", [WIDE, pytest.param(PHONE, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("lesson", "step"), STEPS)
def test_a_link_to_a_lessons_step_opens_at_rest(watched, server, lesson, step, size):
    page = watched(f"{server}/lesson?id={lesson}&step={step}", size, "light")
    until(page, f"() => location.search.includes('lesson={lesson}.{step}')")
    page.locator(".hn-callout").wait_for()
    assert sum(page.evaluate("window.moved")) < LARGEST_SHIFT, page.evaluate("window.what")


def test_every_page_is_looked_at():
    looked_at = {view.partition("?")[0].replace("-", "_") or "start" for view in FIRST}
    assert looked_at == {name for pages in PAGES.values() for name in pages}


@pytest.mark.walk
@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_going_from_page_to_page_moves_nothing(watched, server, size):
    """Along the path. Each press is a script's, which excuses no shift after it."""
    page = watched(server, size, "light")
    parts = {ROOMS[1]: ["Batches"], ROOMS[3]: ["Compare runs", "Many runs"]}  # before the next room
    way = [(title, part) for title in ROOMS[1:] for part in ("", *parts.get(title, ()))]
    for title, part in way:
        following = page.locator(styled(":--pageLink")).last
        following.scroll_into_view_if_needed()
        idle(page)
        page.wait_for_timeout(800)  # what is drawn when it comes into sight
        page.evaluate("window.moved = []; window.what = []")
        following.locator("a").evaluate("link => link.click()")
        page.get_by_role("heading", name=title, level=1, exact=True).wait_for()
        if part:
            page.get_by_role("button", name=part, pressed=True).wait_for()
        idle(page)
        page.wait_for_timeout(800)
        moved = sum(page.evaluate("window.moved"))
        # From part to part of a room, Streamlit draws over the last part's elements one by one.
        most = 1.5 * LARGEST_SHIFT if part else LARGEST_SHIFT
        assert moved < most, (title, part, page.evaluate("window.what"))


def _takeaway(page, place):
    """Return the words of the sentence; a component keeps it in its shadow root."""
    sentence = page.locator(f"[class*='st-key-{place}']").first.locator(
        ".hnviz-sentence:visible, .hnviz-lead, .headline"
    )
    sentence.first.wait_for()
    return str(
        until(
            page,
            "element => element.dataset.said ?? element.innerText.trim()",
            sentence.first.element_handle(),
        )
    )


def _small_help(page):
    """Return the sizes of help marks that a finger or a pointer would miss."""
    sizes = page.evaluate(
        styled("""() => [...document.querySelectorAll(":--help > button:has(> svg)")]
          .map((mark) => mark.getBoundingClientRect())
          .filter(({ width }) => width)
          .map(({ width, height }) => [width, height])""")
    )
    return [size for size in sizes if min(size) < SMALLEST_TARGET]
