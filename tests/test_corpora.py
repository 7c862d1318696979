"""The corpora: numbers in other languages, and the user's own text."""

import time
import tracemalloc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import get_ident

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnviz.cli.main import main
from hnviz.config import ConfigError, RunConfig
from hnviz.data import Choice, Corpus, CorpusError, corpora, corpus, stream_of, tokenize
from hnviz.data.corpora import BUILT_IN, Tokens, own, pairs, texts
from hnviz.data.corpora.own import MAX_DISTINCT_TOKENS, Way, own_corpus
from hnviz.data.corpora.pairs import Encoder, Merge, joined, learn, pieces
from hnviz.data.numbers import WAYS
from hnviz.data.phrase import example
from hnviz.data.stream import TokenStream, numbers_of
from hnviz.data.tokens import SPECIALS, UNK
from hnviz.figures.sentences import own_tokens
from hnviz.runs import DamagedRun, RunFolder, RunStore
from hnviz.runs.texts import TEXTS
from tests.sentences import Numbers, Recorded

NUMBERED = [each for each in corpora() if each.unit == "numbers"]
WORDS = {
    "fr": 26,
    "en": 30,
    "eo": 29,
    "id": 17,
    "vi": 16,
    "es": 48,
    "ru": 41,
    "pl": 39,
    "cs": 38,
    "pt": 39,
}
"""Different words of 1 to 9,999, without the comma."""

TEXT = b"the cat sat on the mat, the dog sat on the log, and the cat saw the dog. " * 4


@pytest.fixture(autouse=True)
def no_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin and end with no text held or found."""
    for name in ("held", "folders"):
        monkeypatch.setattr(texts, name, {})
    own.cached_corpus.cache_clear()


# --- the registry -------------------------------------------------------------------------------


@pytest.mark.parametrize("each", corpora(), ids=lambda each: each.id)
def test_every_corpus_offers_what_it_says(each: Corpus) -> None:
    assert corpus(each.id) is each
    assert len(each.title.split()) <= 5 and each.description.endswith(".")
    for way in each.ways:
        train, valid = each.tokens(way)
        assert train[0] == valid[0] == "xxbos"
        stream = stream_of(Choice(each.id, way))
        assert (len(stream.train), len(stream.valid)) == (len(train), len(valid))
    assert RunConfig(corpus=each.id).corpus == each.id


@pytest.mark.parametrize("each", NUMBERED, ids=lambda each: each.id)
def test_numbers_and_words_are_one_to_one(each: Corpus) -> None:
    assert each.spell is not None
    spelled = [each.spell(number) for number in range(1, 10_000)]
    assert len(set(spelled)) == 9999
    assert not any("," in tokens or not all(tokens) for tokens in spelled)
    assert [*each.tokenize(", ".join(" ".join(tokens) for tokens in spelled[:300]))] == [
        token for tokens in spelled[:300] for token in (*tokens, ",")
    ][:-1]
    for wrong in (0, 10_000):
        with pytest.raises(ValueError, match="number must be from 1 to 9999"):
            each.spell(wrong)


@pytest.mark.parametrize(("language", "n"), WORDS.items())
def test_the_languages_have_the_words_that_were_counted(language: str, n: int) -> None:
    read = corpus(f"numbers-{language}")
    assert read.level == "word" and read.spell is not None
    assert len({token for number in range(1, 10_000) for token in read.spell(number)}) == n


@pytest.mark.parametrize("way", WAYS)
def test_a_language_lists_the_same_numbers_as_the_lesson(way: str) -> None:
    read, lesson = corpus("numbers-fr"), corpus("human_numbers")
    for mine, theirs in zip(read.tokens(way), lesson.tokens(way), strict=True):
        assert mine.count(",") == theirs.count(",")
    said = read.tokens("notebook").valid
    assert " ".join(said[1:9]) == "huit mille un , huit mille deux ,"
    assert " ".join(said[-4:]) == "quatre vingt dix neuf"
    assert " ".join(read.tokenize("quatre-vingt-dix-huit")) == "quatre vingt dix huit"


def test_a_language_of_long_words_is_read_by_character() -> None:
    assert {corpus(f"numbers-{each}").level for each in ("de", "nl", "it", "tr", "ja")} == {"char"}


def test_the_lesson_is_not_num2words_english(recorded: Recorded) -> None:
    lesson, other = corpus("human_numbers"), corpus("numbers-en")
    assert lesson.spell and other.spell
    assert " ".join(lesson.spell(1202)) == "one thousand two hundred two"
    recorded(" ".join(other.spell(1202)))


@pytest.mark.parametrize("each", corpora(), ids=lambda each: each.id)
def test_the_content_hash_is_of_the_content(each: Corpus) -> None:
    hashes = {each.content_hash(way) for way in each.ways}
    assert len(hashes) == len(each.ways)
    assert each.content_hash() == each.content_hash(each.ways[0])


def test_an_example_of_a_text_in_pieces_holds_no_unknown_one() -> None:
    """The name of the unknown token would be read as letters, which are unknown themselves."""
    corpus = own_corpus(b"low lower lowest slow slower", Way(level="bpe"))
    choice = Choice(corpus.id, "notebook")
    stream = stream_of(choice)
    assert UNK in [stream.vocab.itos[index] for index in stream.valid.tolist()]
    said = own_tokens(example(choice, ""), stream.vocab, corpus)
    assert said.ids[1:] and stream.vocab.stoi[UNK] not in said.ids


def test_an_unknown_corpus_is_one_sentence(recorded: Recorded) -> None:
    known = ", ".join(BUILT_IN)
    with pytest.raises(ConfigError, match=f"^corpus must be one of {known}; got 'poems'$") as wrong:
        RunConfig(corpus="poems")
    assert wrong.value.field == "corpus"
    for value in (None, 3, ["human_numbers"], "text-", "text-../../etc"):
        with pytest.raises(ConfigError) as wrong:
            RunConfig(corpus=value)  # type: ignore[arg-type]
        assert wrong.value.field == "corpus" and "\n" not in str(wrong.value)
    with pytest.raises(CorpusError) as refused:
        corpus(3)  # type: ignore[arg-type]
    recorded(str(refused.value), 3)
    with pytest.raises(CorpusError, match=f"; got '{100 * 'x'}'$"):
        corpus(101 * "x")


# --- the user's own text ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "called"),
    [
        (Way(), "words"),
        (Way(level="char"), "characters"),
        (Way(level="bpe", merges=20), "20 merges"),
    ],
)
def test_the_title_of_an_own_text_says_what_a_token_is(way: Way, called: str) -> None:
    read = own_corpus(TEXT, way)
    assert read.title == f"Own text {own.text_hash(read.id)[:6]}, {called}"


def test_words_of_an_own_text() -> None:
    read = own_corpus(TEXT, Way(valid=25))
    train, valid = read.tokens()
    assert [*train[1:], *valid[1:]] == tokenize(TEXT.decode())[1:]
    assert abs(len(valid) / len(train) - 1 / 3) < 0.05
    assert RunConfig(corpus=read.id).corpus == read.id
    stream = stream_of(Choice(read.id))
    assert stream.vocab.itos[len(SPECIALS)] == "the"


def test_characters_show_spaces() -> None:
    train, _ = own_corpus(b"a b\nA b " * 10, Way(level="char")).tokens()
    assert list(train[1:9]) == ["a", "␣", "b", "⏎", "A", "␣", "b", "␣"]


def test_a_rare_word_is_unknown() -> None:
    text = b"once " + b"often " * 40
    many, all_words = (own_corpus(text, Way(min_count=least)) for least in (2, 1))
    assert many.id != all_words.id
    assert "once" not in stream_of(Choice(many.id)).vocab.stoi
    assert stream_of(Choice(many.id)).train[1] == 0
    assert "once" in stream_of(Choice(all_words.id)).vocab.stoi


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (b"", ()),
        (b" \n\t ", ()),
        ("\u2003\u00a0".encode(), ()),
        (b"caf\xe9", (8, 4, 8)),
        (b"a\0b", (2,)),
        (b"word", (1, 10)),
        (b"one two", (2, 10)),
        (b"x" * 6_000_000, (5, 6.0)),
    ],
)
def test_a_bad_text_is_one_sentence(content: bytes, numbers: Numbers, recorded: Recorded) -> None:
    with pytest.raises(CorpusError) as wrong:
        own_corpus(content, Way())
    recorded(str(wrong.value), *numbers)
    assert "\n" not in str(wrong.value)


def test_too_many_words_are_one_sentence(recorded: Recorded) -> None:
    text = " ".join(map(str, range(MAX_DISTINCT_TOKENS + 9000))).encode()
    with pytest.raises(CorpusError) as error:
        own_corpus(text, Way())
    recorded(str(error.value), 67_260, 65_527)
    assert own_corpus(text, Way(min_count=2)).tokens().train[1] == "0"


def test_markup_stays_text() -> None:
    train, _ = own_corpus(b"<script>alert(1)</script> " * 9, Way()).tokens()
    assert list(train[1:4]) == ["<", "script", ">"]


@pytest.mark.parametrize(
    "values",
    [{"level": "line"}, {"merges": 0}, {"min_count": 1.5}, {"valid": 0}, {"valid": 51}],
    ids=str,
)
def test_a_bad_way_is_one_sentence(values: dict[str, object]) -> None:
    with pytest.raises(CorpusError, match="must be"):
        Way(**values)  # type: ignore[arg-type]


def test_what_names_no_corpus_is_quoted_in_part(recorded: Recorded) -> None:
    known = ", ".join(each.id for each in corpora())
    for given_id, part, numbers in (
        (7, "", (7,)),
        ("x" * 200, f"{known}; got {'x' * 100!r}", ()),
        ("text-" + "x" * 200, f"{'text-' + 'x' * 95!r}", (20,)),
    ):
        with pytest.raises(CorpusError) as refused:
            corpus(given_id)
        assert str(refused.value).endswith(part)
        recorded(str(refused.value), *numbers)


@pytest.mark.parametrize(
    ("text", "share", "train", "valid"),
    [
        (" aaa bbb ccc ddd\n", 50, "aaa bbb", " ccc ddd"),  # a space is where the cut would be
        ("aaa bbb ccc ddd", 40, "aaa bbb", " ccc ddd"),  # the last one before it
        ("aaaa bb", 50, "aaa", "a bb"),  # not the one after it
        ("abcdefghij", 30, "abcdefg", "hij"),
    ],
)
def test_a_text_is_cut_at_a_space(text: str, share: int, train: str, valid: str) -> None:
    assert own.cut(text, Way(valid=share)) == (train, valid)


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "line"},
        {"unit": "lines"},
        {"unit": "slots"},
        {"spell": None},
    ],
)
def test_a_corpus_that_cannot_be(wrong: dict[str, object], recorded: Recorded) -> None:
    with pytest.raises(ValueError) as refused:
        replace(BUILT_IN["human_numbers"], **wrong)
    recorded(str(refused.value))


def test_a_corpus_of_half_characters_has_a_hash_and_one_way() -> None:
    def make(way: str) -> Tokens:
        return Tokens(["xxbos", "\ud800"], ["xxbos", "a"])

    odd = replace(corpus("task-recall-gap.2"), id="odd", make=make)
    assert odd.content_hash() != replace(odd, make=lambda _: make("")[::-1]).content_hash()
    with pytest.raises(CorpusError, match=r"^split must be one of notebook; got 'blocks'$"):
        odd.tokens("blocks")


def test_a_text_that_cannot_be_read_in_one_folder_is_found_in_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: Recorded
) -> None:
    name = texts.hold("as it was")
    texts.held.clear()
    monkeypatch.setattr(texts, "folders", {tmp_path / each: None for each in "ab"})
    for each in "ab":
        (tmp_path / each).mkdir()
    (tmp_path / "a" / f"{name}.txt").mkdir()
    (tmp_path / "b" / f"{name}.txt").write_text("as it was")
    assert texts.text_of(name) == "as it was"
    with pytest.raises(CorpusError) as refused:
        texts.text_path(tmp_path, "x" * 50)
    recorded(str(refused.value), 20)


def test_a_text_is_read_as_it_was_typed(
    monkeypatch: pytest.MonkeyPatch, recorded: Recorded
) -> None:
    assert texts.read_text(b"\xef\xbb\xbfa\r\nb\rc\n") == "a\nb\nc\n"
    monkeypatch.setattr(texts, "MAX_TEXT_BYTES", 3)
    assert texts.read_text(b"abc") == "abc"
    for content, numbers in (
        (b"abcd", (0, 0.0)),
        (b"a\xff", (8, 2, 8)),
        (b"a\0", (2,)),
        (b" \n", ()),
    ):
        with pytest.raises(CorpusError) as refused:
            texts.read_text(content)
        recorded(str(refused.value), *numbers)


def test_the_shortest_text_and_the_most_words(recorded: Recorded) -> None:
    ten = "a b c d e f g h i j"
    read = own_corpus(ten.encode(), Way())
    assert [len(part) for part in read.tokens()] == [10, 2]  # each with xxbos
    with pytest.raises(CorpusError) as error:
        own_corpus(ten[:-2].encode(), Way())
    recorded(str(error.value), 9, 10)


def test_as_many_words_as_two_bytes_number(
    monkeypatch: pytest.MonkeyPatch, recorded: Recorded
) -> None:
    text = b"a b c d e f g h i a b c d"
    monkeypatch.setattr(own, "MAX_DISTINCT_TOKENS", 10)  # xxbos and nine letters
    own_corpus(text, Way())
    own.cached_corpus.cache_clear()
    monkeypatch.setattr(own, "MAX_DISTINCT_TOKENS", 9)
    with pytest.raises(CorpusError) as error:
        own_corpus(text, Way(valid=11))
    recorded(str(error.value), 10, 9)


@given(level=st.sampled_from(("word", "char", "bpe")), merges=st.integers(1, 5000))
def test_an_id_says_how_the_text_is_read(level: str, merges: int) -> None:
    read = own_corpus(TEXT, Way(level=level, merges=merges))
    assert corpus(read.id) is read and read.level == level


def test_a_text_is_found_by_its_hash_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = own_corpus(TEXT, Way())
    name = read.id.split("-")[1]
    texts.held.clear()
    texts.look_in(tmp_path)
    path = tmp_path / f"{name}.txt"
    path.write_bytes(TEXT)
    assert texts.text_of(name) == TEXT.decode()
    path.write_bytes(TEXT + b"more")
    with pytest.raises(CorpusError, match="missing or was changed: put it back as"):
        texts.text_of(name)
    path.unlink()
    with pytest.raises(ConfigError, match=f"put it back as {path}"):
        RunConfig(corpus=read.id)
    monkeypatch.setattr(texts, "folders", {})
    with pytest.raises(CorpusError, match=f"put it back as runs/{name}.txt"):
        texts.text_of(name)


# --- byte-pair encoding -------------------------------------------------------------------------


def test_merges_join_the_most_frequent_pair() -> None:
    """By hand, on the counts of the paper's example."""
    words = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    merges, split = learn(words, 4)
    assert merges == [
        Merge("e", "s", 9),
        Merge("es", "t", 9),
        Merge("l", "o", 7),
        Merge("lo", "w", 7),
    ]
    assert split["newest"] == ("n", "e", "w", "est") and split["lower"] == ("low", "e", "r")


def counted(words: dict[str, int], merges: list[Merge]) -> Counter[tuple[str, str]]:
    """Count the pairs after some merges, with no bookkeeping."""
    pairs: Counter[tuple[str, str]] = Counter()
    for word, times in words.items():
        parts = list(word)
        for left, right, _ in merges:
            at = 0
            while at < len(parts) - 1:
                if (parts[at], parts[at + 1]) == (left, right):
                    parts[at : at + 2] = [left + right]
                at += 1
        for pair in pairwise(parts):
            pairs[pair] += times
    return pairs


@given(st.dictionaries(st.text("abc", min_size=1, max_size=8), st.integers(1, 9), max_size=12))
def test_each_merge_is_the_most_frequent_by_a_plain_count(words: dict[str, int]) -> None:
    merges, split = learn(words, 8)
    for at, merge in enumerate(merges):
        pairs = counted(words, merges[:at])
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        assert (merge.left, merge.right, merge.times) == (*best, pairs[best])
    if len(merges) < 8:
        assert max(counted(words, merges).values(), default=0) < 2
    assert all("".join(parts) == word for word, parts in split.items())


@given(st.text("ab \n.", max_size=60), st.text("abc \n.", max_size=60))
def test_pieces_put_together_are_the_text(learned: str, read: str) -> None:
    encoder = Encoder(learned, 20)
    for text in (learned, read):
        assert "".join(encoder.encode(text)) == "".join(pieces(text)) == text


@pytest.mark.parametrize("way", [Way(), Way(level="char"), Way(level="bpe", merges=30)])
def test_a_large_text_takes_few_bytes_a_token(way: Way) -> None:
    text = " ".join(f"{seed % 503} \u0444{seed % 97}," for seed in range(30_000))
    name = texts.hold(text)
    tracemalloc.start()
    read = own.held_corpus(name, way)
    train, valid = read.tokens()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 5 * (len(train) + len(valid)) and peak < 25 * len(text)
    listed = ["xxbos", *read.tokenize(own.cut(text, way)[0])]
    assert list(train) == listed and train[-2:] == listed[-2:] and train[3] == listed[3]
    plain = TokenStream.from_tokens(Tokens(listed, list(valid)))
    numbered = TokenStream.from_tokens(Tokens(train, valid))
    assert numbered.vocab == plain.vocab
    np.testing.assert_array_equal(numbered.train, plain.train)
    np.testing.assert_array_equal(numbered.valid, plain.valid)


def test_large_texts_are_split_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = []
    splitting: set[int] = set()

    def slow(text: str, way: Way) -> tuple[str, str]:
        splitting.add(get_ident())
        at_once.append(len(splitting))
        time.sleep(0.02)
        splitting.remove(get_ident())
        return text[:-99], text[-99:]

    monkeypatch.setattr(own, "cut", slow)
    large = [f"{seed} ".encode() * 60_000 for seed in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(partial(own_corpus, way=Way()), large))
    assert at_once == [1] * 4


@pytest.mark.parametrize("word", ["low", " lower", " lowest", " slow", "lowlow", "estlow", "lo"])
def test_a_word_is_split_by_the_merges_whether_it_was_learned_or_not(word: str) -> None:
    encoder, parts = Encoder("low lower lowest " * 5, 50), tuple(word)
    for left, right, _ in encoder.merges:
        parts = joined(parts, left, right)
    assert list(encoder.encode(word)) == [*parts]


def test_as_many_words_as_byte_pairs_are_learned_from(
    monkeypatch: pytest.MonkeyPatch, recorded: Recorded
) -> None:
    text = b"ab ab cd cd ef ef gh gh ij ij"  # train has six different ones, with their spaces
    monkeypatch.setattr(own, "MAX_PAIRED_WORDS", 6)
    own_corpus(text, Way(level="bpe", merges=7))
    monkeypatch.setattr(own, "MAX_PAIRED_WORDS", 5)
    with pytest.raises(CorpusError) as error:
        own_corpus(text, Way(level="bpe", merges=8))
    recorded(str(error.value), 6, 5)


def test_a_new_word_is_joined_in_the_order_that_was_learned() -> None:
    """In alphabetical order "a" and "b" would be joined first, and "b c" could not be."""
    encoder = Encoder("bc.bc.bc.ab.ab", 10)
    assert encoder.merges == [Merge("b", "c", 3), Merge("a", "b", 2)]
    assert list(encoder.encode("abc")) == ["a", "bc"]


def test_the_most_common_words_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "MAX_LEARNED_WORDS", 1)
    assert Encoder("bc,bc.bc;ab ab", 10).merges == [Merge("b", "c", 3)]


# --- runs ---------------------------------------------------------------------------------------


def forget() -> None:
    """Drop what this process knows of texts, as a new one would."""
    texts.held.clear()
    own.cached_corpus.cache_clear()


def test_a_run_keeps_its_text_and_its_hash(tmp_path: Path) -> None:
    read = own_corpus(TEXT, Way(level="bpe", merges=20))
    config = RunConfig(corpus=read.id)
    first, second = (RunStore(tmp_path, tmp_path / "none").create(config) for _ in range(2))
    forget()
    assert [path.read_bytes() for path in (tmp_path / TEXTS).glob("*.txt")] == [TEXT]
    assert RunFolder(first.path).info().content_hash == read.content_hash()
    assert RunFolder(second.path).config == config
    assert set(RunStore(tmp_path, tmp_path / "none").ids()) == {first.id, second.id}


def test_a_run_whose_text_is_gone_says_where_to_put_it(tmp_path: Path) -> None:
    read = own_corpus(TEXT, Way())
    store = RunStore(tmp_path)
    folder = store.create(RunConfig(corpus=read.id))
    (kept,) = (tmp_path / TEXTS).glob("*.txt")
    kept.unlink()
    forget()
    with pytest.raises(DamagedRun, match=f"put it back as {kept}"):
        RunFolder(folder.path).info()
    (problem,) = (each.problem for each in store.summaries() if each.id == folder.id)
    assert "put it back" in problem


def test_no_text_is_stored_for_a_built_in_corpus(tmp_path: Path) -> None:
    folder = RunStore(tmp_path).create(RunConfig(corpus="numbers-vi"))
    assert not (tmp_path / TEXTS).exists()
    assert folder.info().content_hash == corpus("numbers-vi").content_hash()


# --- the command line ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (["--tokens", "char"], ()),
        (["--corpus", "numbers-fr", "--text", "own.txt"], ()),
        (["--corpus", "poems"], ()),
        (["--text", "none.txt"], ()),
        (["--text", "bad.txt"], (8, 4, 8)),
        (["--text", "own.txt", "--tokens", "line"], ()),
        (["--text", "own.txt", "--merges", "x"], (1, 5_000)),
        (["--text", "own.txt", "--split", "blocks"], ()),
    ],
)
def test_a_bad_text_option_is_one_sentence(
    arguments: list[str],
    numbers: Numbers,
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
    recorded: Recorded,
) -> None:
    (in_folder / "bad.txt").write_bytes(b"caf\xe9")
    assert main(["train", "--runs-dir", "runs", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    recorded(said, *numbers)
    assert not (in_folder / "runs").exists()


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that holds own.txt."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_bytes(TEXT)
    return tmp_path


def test_an_own_text_trains(in_folder: Path) -> None:
    small = ["--bs", "2", "--bptt", "4", "--nh", "4", "--epochs", "1", "--device", "cpu"]
    own_text = ["--text", "own.txt", "--tokens", "bpe", "--merges", "9", "--valid-percent", "25"]
    assert main(["train", "--runs-dir", "runs", *small, *own_text]) == 0
    store = RunStore(in_folder / "runs", in_folder / "none")
    (folder,) = (store.folder(run) for run in store.ids())
    assert folder.read().status == "finished"
    n_words = len(stream_of(folder.config).vocab)
    assert folder.load_snapshot("last")["h_o.weight"].shape[0] == n_words


def test_byte_pairs_can_be_watched_merging() -> None:
    read = own_corpus(TEXT, Way(level="bpe", merges=20))
    shown = own.merging(read.id)
    assert shown.words[:2] == [list("the"), list("␣cat")] and len(shown.merges) == 20
    assert (
        not shown.whole
        and own.merging(own_corpus(b"low lower lowest slow slower", Way(level="bpe")).id).whole
    )
    line = [tuple(word) for word in shown.words]
    for left, right, _ in shown.merges:
        line = [joined(word, left, right) for word in line]
    assert [piece for word in line for piece in word][:20] == list(read.tokens().train[1:21])
    assert max(each.times for each in shown.merges) == shown.merges[0].times > 2
    by_word = own_corpus(TEXT, Way(level="word")).id
    for other in ("human_numbers", by_word):
        with pytest.raises(CorpusError, match=f"{other} is not read in byte pairs"):
            own.merging(other)
    with pytest.raises(CorpusError, match=f"^{'x' * 100} is not read in byte pairs"):
        own.merging("x" * 200)


def test_a_texts_byte_pairs_are_learned_once_and_read_as_its_id_says() -> None:
    read = own_corpus(TEXT, Way(level="bpe", merges=20, min_count=2, valid=30))
    times = own.encoder.cache_info().misses
    own.merging(read.id)
    assert own.encoder.cache_info().misses == times


def test_tokens_are_joined_as_they_were_read() -> None:
    words = corpus("human_numbers")
    assert words.joined(("one", ",", "two")) == "one , two"
    characters = own_corpus(b"one, two, one, two, one, two, one, two", Way(level="char"))
    assert characters.joined(tuple("one, two")) == "one, two"


def test_a_corpus_without_numbers_says_so(recorded: Recorded) -> None:
    with pytest.raises(CorpusError) as refused:
        numbers_of(Choice("task-recall-tokens.400"))
    title = corpus("task-recall-tokens.400").title
    assert str(refused.value).startswith(title)
    recorded(str(refused.value), 1, 9_999)
