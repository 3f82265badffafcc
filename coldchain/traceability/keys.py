"""Keys of GS1: numbers with a check digit, as links and as EPC URNs, and the one form in which they are compared.

Places are GLN, crops GTIN with a lot number, vehicles GIAI. References: GS1 General Specifications 7.9.1 (check digit),
GS1 Digital Link 1.2, EPC Tag Data Standard 1.13.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from coldchain.errors import UsageError
from coldchain.language import _

DOMAIN = "https://id.gs1.org"
DEMONSTRATION = "9521234"
"""A company prefix out of 952, the range for demonstrations; a user with a prefix of the own gives that."""
DIGITS = {"00": 18, "01": 14, "253": 13, "255": 13, "402": 17, "414": 13, "417": 13, "8003": 14, "8017": 18, "8018": 18}
"""Key -> digits with the check digit, of those that have one."""
ANYWHERE = ("00", "01", "253", "255", "401", "402", "414", "417", "8003", "8004", "8006", "8010", "8017", "8018")
SHORT = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
_TEXT = r"[\x22\x27\-.0-9;-?A-Z_a-z]"
LINK = re.compile(
    rf"{DOMAIN}/(?:00/\d{{18}}|01/\d{{14}}(?:/(?:21|10)/{_TEXT}{{0,20}}|/235/{_TEXT}{{0,28}})?"
    rf"|253/\d{{13}}{_TEXT}{{0,17}}|255/\d{{13,25}}|401/{_TEXT}{{0,30}}|402/\d{{17}}"
    rf"|414/\d{{13}}(?:/254/{_TEXT}{{0,20}})?|417/\d{{13}}|8003/\d{{14}}{_TEXT}{{0,16}}|8004/{_TEXT}{{0,30}}"
    rf"|8006/\d{{18}}(?:/(?:21|10)/{_TEXT}{{0,20}})?|8010/[\x23\-/0-9A-Z]{{0,30}}(?:/8011/\d{{0,12}})?|801[78]/\d{{18}})"
)
ANY_LINK = re.compile(r"https?:.*?/(?:" + "|".join((*ANYWHERE, *SHORT)) + r")/\d{4}[^/]+")
URN = re.compile(r"urn:epc:(id|idpat|class):([a-z]+):(\d{6,12})\.(.*)", re.DOTALL)
SERIAL = r"(?:%[0-9A-Fa-f]{2}|[!')(*+,.0-9:;=A-Za-z_-])"
TAIL = re.compile(rf"{SERIAL}{{1,30}}")
ENCODED = str.maketrans({mark: f"%{ord(mark):02X}" for mark in "!()*+,:"})
CHECKED = re.compile(r"/(00|01|253|255|402|414|417|8003|8017|8018)/(\d+)")


def check_digit(digits: str) -> str:
    """Return the check digit of a key without it: weights 3 and 1 from the right, up to the next ten.

    Examples
    --------
    >>> check_digit("629104150021"), check_digit("952123400001")
    ('3', '3')
    """
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return str(-total % 10)


@dataclass(frozen=True)
class Prefix:
    """A GS1 company prefix of 6 to 12 digits, and the keys made from it.

    Examples
    --------
    >>> Prefix("9521234").place(1), Prefix("9521234").product(2, "0715-A")
    ('https://id.gs1.org/414/9521234000013', 'https://id.gs1.org/01/09521234000020/10/0715-A')
    """

    digits: str = DEMONSTRATION

    def __post_init__(self) -> None:
        """Refuse what is not a prefix."""
        if not re.fullmatch(r"[0-9]{6,12}", self.digits):
            told = _('--prefix must be a GS1 company prefix of 6 to 12 digits; got "{prefix}"')
            raise UsageError(told.format(prefix=self.digits))

    def place(self, number: int) -> str:
        """Return the link of a place: its GLN."""
        return f"{DOMAIN}/414/{self._numbered(number)}"

    def product(self, number: int, lot: str) -> str:
        """Return the link of a lot: the GTIN of its product and the number of the lot."""
        return f"{DOMAIN}/01/0{self._numbered(number)}/10/{lot}"

    def asset(self, reference: str) -> str:
        """Return the link of a vehicle: its GIAI."""
        return f"{DOMAIN}/8004/{self.digits}{reference}"

    def _numbered(self, number: int) -> str:
        width = 12 - len(self.digits)
        body = f"{self.digits}{number:0{width}d}" if width else self.digits
        if len(body) != 12 or (not width and number):
            told = _("the GS1 prefix {prefix} leaves {width} digits for places and products; {number} does not fit")
            raise UsageError(told.format(prefix=self.digits, width=width, number=number))
        return body + check_digit(body)


@lru_cache(maxsize=1 << 16)
def normalised(uri: str) -> str | None:
    """Return a GS1 key, given as EPC URN or link of any domain, as the one link of its finest level; None for others.

    Examples
    --------
    >>> normalised("urn:epc:id:sgln:9521234.00001.0")
    'https://id.gs1.org/414/9521234000013'
    >>> normalised("https://shop.example.com/gtin/9521234000020/lot/A7?x=1")
    'https://id.gs1.org/01/09521234000020/10/A7'
    """
    if "." not in uri:
        return None
    if uri.startswith("urn:"):
        found = URN.fullmatch(uri)
        return None if found is None else _from_urn(found[1], found[2], found[3], found[4])
    return _from_link(uri) if ANY_LINK.match(uri) else None


def key_of(uri: str) -> str:
    """Return what a URI is compared by: its normalised key, or itself."""
    return normalised(uri) or uri


def wrong_key(uri: str) -> str:
    """Return the number whose check digit or length is wrong, empty when there is none.

    An EPC URN carries no check digit; of one the form is wrong when it cannot be read.

    Examples
    --------
    >>> wrong_key("https://id.gs1.org/414/9521234000014"), wrong_key("https://id.gs1.org/414/9521234000013")
    ('9521234000014', '')
    """
    if uri.startswith(("urn:epc:id:", "urn:epc:class:")):
        return "" if normalised(uri) else uri
    plain = _with_numbers(uri.partition("?")[0])
    found = CHECKED.search(plain)
    if found is None or not uri.startswith(("http://", "https://")) or not _is_key(uri):
        return ""
    key, number = found[1], found[2]
    if key == "01" and len(number) in (8, 12, 13):
        number = number.zfill(14)
    body = number[: DIGITS[key]]
    right = len(body) == DIGITS[key] and check_digit(body[:-1]) == body[-1]
    exact = key in ("253", "255", "8003") or len(number) == DIGITS[key]
    return "" if right and exact else found[2]


def _is_key(uri: str) -> bool:
    """Tell whether a link states a GS1 key: it is of GS1's domain, or has the form of a Digital Link."""
    return uri.startswith(f"{DOMAIN}/") or normalised(uri) is not None


def _with_numbers(link: str) -> str:
    for name, number in SHORT.items():
        link = link.replace(f"/{name}/", f"/{number}/")
    return link


def _from_link(uri: str) -> str | None:
    link = _with_numbers(uri.partition("?")[0])
    if not re.match(rf"{DOMAIN}/(?:{'|'.join(ANYWHERE)})/", link):
        at = next((link.find(f"/{key}/") for key in ANYWHERE if f"/{key}/" in link), -1)
        link = DOMAIN + link[at:] if at >= 0 else link
    link = re.sub(r"/01/(\d{13}|\d{12}|\d{8})(?!\d)", lambda found: f"/01/{found[1].zfill(14)}", link)
    link = re.sub(r"/22/[^/]*", "", link)
    link = re.sub(r"/10/[^/]*(?=/21/)", "", link)
    return link if LINK.fullmatch(link) else None


NUMBERED = {
    "sscc": ("00", 17), "gsrn": ("8018", 17), "gsrnp": ("8017", 17), "gsin": ("402", 16), "pgln": ("417", 12),
}  # fmt: skip
"""Schemes that hold a number and nothing else: key, and digits without the check digit."""
SERIALS = {"grai": ("8003", "0", 16), "gdti": ("253", "", 20), "sgcn": ("255", "", 12)}
"""Schemes of a number of 12 digits with a serial behind it: key, what stands before, characters of the serial."""
TRADE = {"sgtin": "/21/", "lgtin": "/10/", "upui": "/235/"}


def _from_urn(kind: str, scheme: str, prefix: str, rest: str) -> str | None:
    """Return the link of an EPC URN; of a pattern, whose serial is ``*``, that of all it means."""
    if (kind == "class") != (scheme == "lgtin") or (kind == "idpat" and not rest.endswith("*")):
        return None
    reference, _dot, tail = rest.partition(".")
    if scheme in TRADE or scheme == "itip":
        return _trade(scheme, prefix, reference, tail, pattern=kind == "idpat")
    if scheme in SERIALS:
        return _serial(scheme, prefix, reference, tail, pattern=kind == "idpat")
    if scheme == "cpi":
        return _part(prefix, rest, pattern=kind == "idpat")
    maker = {"sgln": _place, "giai": _asset, "ginc": _consignment, **dict.fromkeys(NUMBERED, _numbered)}.get(scheme)
    return None if maker is None or kind == "idpat" else maker(scheme, prefix, rest)


def _place(_scheme: str, prefix: str, rest: str) -> str | None:
    reference, _dot, tail = rest.partition(".")
    number = _whole(prefix + reference, 12)
    extension = "" if tail == "0" else f"/254/{tail.translate(ENCODED)}"
    return f"{DOMAIN}/414/{number}{extension}" if number and TAIL.fullmatch(tail) else None


def _asset(_scheme: str, prefix: str, rest: str) -> str | None:
    return f"{DOMAIN}/8004/{prefix}{rest.translate(ENCODED)}" if _fits(prefix, rest) else None


def _consignment(_scheme: str, prefix: str, rest: str) -> str | None:
    return f"{DOMAIN}/401/{prefix}{rest.translate(ENCODED)}" if _fits(prefix, rest) else None


def _fits(prefix: str, rest: str) -> bool:
    return TAIL.fullmatch(rest) is not None and len(prefix + rest) <= 30


def _part(prefix: str, rest: str, *, pattern: bool) -> str | None:
    part, _dot, serial = rest.rpartition(".")
    behind = "" if pattern else f"/8011/{serial}"
    return f"{DOMAIN}/8010/{(prefix + part).translate(ENCODED)}{behind}" if pattern or serial.isdigit() else None


def _whole(body: str, digits: int) -> str:
    """Return a number with its check digit; empty when it is none of so many digits."""
    return body + check_digit(body) if len(body) == digits and body.isdigit() else ""


def _numbered(scheme: str, prefix: str, rest: str) -> str | None:
    key, digits = NUMBERED[scheme]
    body = rest[:1] + prefix + rest[1:] if scheme == "sscc" else prefix + rest
    if scheme == "pgln":
        body = body.removesuffix(".")
    number = _whole(body, digits)
    return f"{DOMAIN}/{key}/{number}" if number else None


def _trade(scheme: str, prefix: str, reference: str, tail: str, *, pattern: bool) -> str | None:
    gtin = _whole(reference[:1] + prefix + reference[1:], 13)
    if not gtin:
        return None
    if scheme == "itip":
        parts = tail.split(".", 2)
        if len(parts) < 3 or not all(re.fullmatch(r"\d\d", part) for part in parts[:2]):
            return None
        serial = "" if pattern else f"/21/{parts[2].translate(ENCODED)}"
        return f"{DOMAIN}/8006/{gtin}{parts[0]}{parts[1]}{serial}"
    if pattern:
        return f"{DOMAIN}/01/{gtin}" if tail == "*" else None
    fits = TAIL.fullmatch(tail) and len(re.sub("%..", "x", tail)) <= (28 if scheme == "upui" else 20)
    return f"{DOMAIN}/01/{gtin}{TRADE[scheme]}{tail.translate(ENCODED)}" if fits else None


def _serial(scheme: str, prefix: str, reference: str, tail: str, *, pattern: bool) -> str | None:
    key, before, most = SERIALS[scheme]
    number = _whole(prefix + reference, 12)
    if not number or not (pattern or (TAIL.fullmatch(tail) and len(re.sub("%..", "x", tail)) <= most)):
        return None
    return f"{DOMAIN}/{key}/{before}{number}{'' if pattern else tail.translate(ENCODED)}"
