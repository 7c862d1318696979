"""Codes that people read out and type, and tokens that only machines see."""

import hmac
import secrets

LETTERS = "ACDEFGHJKMNPQRTUVWXY34679"
"""No two of these are taken for each other: no 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B."""

CODE_LENGTH = 6  # 244 million codes
TOKEN_BYTES = 15


def new_code() -> str:
    """Return a code for a class, such as "K7QW4M"."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def new_token() -> str:
    """Return a name for a member, or a teacher's secret: 20 characters that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def tidy(text: str) -> str:
    """Return a code as it was meant: people add blanks and hyphens, and type small letters."""
    return "".join(each for each in text.upper() if each not in " -\t")


def same(given: str, wanted: str) -> bool:
    """Compare in a time that does not depend on how much of it is right."""
    # Half a surrogate pair is no character, but JSON may hold one.
    return hmac.compare_digest(given.encode(errors="surrogatepass"), wanted.encode())
