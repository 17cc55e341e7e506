#!/usr/bin/env python3
"""A second reader of Souk's bytes, written from these pages alone.

    python3 docs/spec/decoder.py protocol/testdata/vectors protocol/wire/testdata
    python3 docs/spec/decoder.py --file receipt.txt

The first reads every golden vector, valid and invalid, and says where it disagrees;
the second tells what a receipt proves. Python 3.9 is enough. Whoever writes a peer
in another language may read it beside bytes.md and documents.md: it keeps their
order and their words, and dagcbor.py beside it those of the canonical form. It is
made to be read, not to be fast, and keeps no secret.
"""
import base64
import collections
import functools
import hashlib
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # a reader leaves nothing behind
import ed25519
from dagcbor import MOST_ENTRIES, MOST_TEXT, Link, Refusal, decode, encode, need, says_nothing

KIB, MIB = 1 << 10, 1 << 20
MOST_DOCUMENT = 64 * KIB
HOUR, DAY = 3_600_000, 86_400_000  # milliseconds, as all durations here

# === Text of keys and amounts =========================================================================

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
PEER_ID = bytes.fromhex("002408011220")
DID, DID_KEY = "did:key:z", bytes.fromhex("ed01")

def base58(raw):
    n, text = int.from_bytes(raw, "big"), ""
    while n:
        n, digit = divmod(n, 58)
        text = BASE58[digit] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text

def parse_base58(text):
    need(len(text) <= 64 and all(c in BASE58 for c in text), "no base58")
    n = functools.reduce(lambda n, c: n * 58 + BASE58.index(c), text, 0)
    return bytes(len(text) - len(text.lstrip("1"))) + n.to_bytes((n.bit_length() + 7) // 8, "big")

def parse_key(text):
    """The key that a peer ID or a did:key names."""
    prefix, digits = (DID_KEY, text[len(DID) :]) if text.startswith(DID) else (PEER_ID, text)
    raw = parse_base58(digits)
    need(raw.startswith(prefix), "text of another kind of key")
    return key(raw[len(prefix) :])

def parse_amount(text):
    need(re.fullmatch("0|[1-9][0-9]{0,38}", text) and int(text) < 1 << 128, "no amount", "amount")
    return int(text)

# === Forms of values ==================================================================================
#
# A reader takes what decode made of a value and returns it, or refuses it.
def between(least, most, code="malformed"):
    def read(value):
        need(type(value) is int and value >= least, f"no number from {least} on")
        need(value <= most, f"a number above {most}", code)
        return value
    return read

def flag(value):
    need(isinstance(value, bool), "neither true nor false")
    return value

def blob(least, most):
    """Bytes. Too many are too large, except where their number is fixed."""
    def read(value):
        need(type(value) is bytes and len(value) >= least, "not the bytes that are due")
        need(len(value) <= most, "too many bytes", "malformed" if least == most else "too_large")
        return value
    return read

def epoch(value):
    need(any(blob(16, 16)(value)), "an epoch that is all zero")
    return value

def salt(value):
    need(any(blob(32, 32)(value)), "a salt that is all zero")
    return value

def key(value):
    try:
        ed25519.public_key(blob(32, 32)(value))
    except ValueError as wrong:
        raise Refusal("malformed", str(wrong)) from wrong
    return value

def cid(value):
    need(isinstance(value, Link), "no link")
    return value

def link(value):
    need(any(cid(value)), "a link of zeros")
    return value

def amount(value):
    need(type(value) is bytes and len(value) <= 16 and value[:1] != b"\0", "no amount", "amount")
    return int.from_bytes(value, "big")

def text(least, most, right=lambda value: True):
    """Text of least to most bytes of which right holds; more are too large."""
    def read(value):
        need(isinstance(value, str), "no text")
        size = len(value.encode())
        need(size <= most, "a text too long", "too_large")
        need(size >= least and right(value), "text of another form")
        return value
    return read

def line(least, most):
    return text(least, most, re.compile("[ -~]*").fullmatch)

def prose(most):
    return text(0, most)

def form(pattern, most=MOST_TEXT):
    return text(0, most, re.compile(pattern).fullmatch)

def array(reader, least=0, most=MOST_ENTRIES, once=False, rising=False):
    """A list; once: nothing in it twice; rising: in the order of its entries' bytes besides."""
    def read(value):
        need(isinstance(value, list) and len(value) >= least, "no list, or too short a one")
        need(len(value) <= most, "a list too long", "too_large")
        items = [reader(item) for item in value]
        need(not (once or rising) or len(set(items)) == len(items), "one twice in a list")
        raws = [i.encode() if isinstance(i, str) else i for i in items] if rising else []
        need(raws == sorted(raws), "a list out of order")
        return items
    return read

class maybe:
    """A key marked with ? in the tables: absent where its value is zero or empty."""

    def __init__(self, reader):
        self.reader = reader

    def __call__(self, value):
        silent = isinstance(value, dict) and says_nothing(value)
        need(not silent and value not in (0, "", b"", []), "present and empty")
        return self.reader(value)

class Map:
    """A table of documents.md: its keys with their readers, and what must hold besides."""

    def __init__(self, keys, check=None, closed=False):
        self.keys, self.check, self.closed = keys, check, closed

    def __call__(self, value):
        need(isinstance(value, dict), "no map")
        for k in value.keys() - self.keys.keys():
            need(not self.closed, "an unknown key")
            need(not says_nothing(value[k]), "an unknown key, present and empty")
        entries = {}
        for k, reader in self.keys.items():
            need(k in value or isinstance(reader, maybe), f"without {k}")
            if k in value:
                entries[k] = reader(value[k])
        if self.check:
            self.check(entries)
        return entries

def closed(keys, check=None):
    return Map(keys, check, closed=True)

def distinct(values, words):
    need(len(set(values)) == len(values), words)

COUNT, PART = 2**53 - 1, 2**20 - 1
integer, ordinal, share = between(0, COUNT), between(1, COUNT), between(0, 10_000)
duration, retention = between(0, 366 * DAY), between(0, 3650 * DAY, "too_large")
WORD = "[a-z0-9]+(-+[a-z0-9]+)*"
PATH = f"{WORD}(/{WORD})*"
SUBTYPE = "[a-z0-9][a-z0-9!#$&^_.+-]*"
CHAIN = "[a-z0-9-]{3,8}:[A-Za-z0-9_-]{1,32}"
capability = form(f"{PATH}@{WORD}", 96)
scope = form(rf"{PATH}@{WORD}|{PATH}/\*|\*", 96)
asset = form(rf"{CHAIN}/([a-z0-9-]{{3,8}}:)?(0x[a-z0-9]*|(?!0[xX])[A-Za-z0-9.-]+)", 128)
media_type = form(f"{SUBTYPE}/{SUBTYPE}", 127)
input_type = form(rf"{SUBTYPE}/{SUBTYPE}|\*/\*", 127)
name = form("[a-z0-9_.-]{1,32}")
feature = form(rf"(?=.{{1,32}}$){WORD}(\.{WORD})*")
network = form("[a-z0-9.-]+", 64)
code = form("[a-z0-9_]{1,32}")

# === Bundles and proofs ===============================================================================

def filled(most, reader):
    """What may be neither empty nor too long under a seal: both are limits there."""
    def read(value):
        value = reader(value)
        need(1 <= len(value) <= most, f"not of 1 to {most}", "too_large")
        return value
    return read

def author(document):
    """Who says a document, whatever its kind."""
    item = decode(document)
    need(isinstance(item, dict) and "by" in item, "a document of no author")
    return key(item["by"])

def check_bundle(bundle):
    bundle["by"] = author(bundle["docs"][0])

def check_proof(proof):
    need(proof["i"] <= len(proof["docs"]), "a place beyond the list")
    proof["by"] = author(proof["doc"])

DOCUMENT = filled(MOST_DOCUMENT, blob(0, 512 * KIB))
SEAL = dict(v=between(0, 2**63), net=network, sig=blob(64, 64))
BUNDLE = closed({**SEAL, "docs": filled(64, array(DOCUMENT))}, check_bundle)
PROOF = closed({**SEAL, "i": between(0, 2**63), "doc": DOCUMENT, "docs": array(cid, most=63)}, check_proof)

def signed_bytes(net, links):
    """What is signed: the statement in a libp2p envelope."""
    statement = encode({"v": 1, "net": net, "docs": links})
    return b"".join(varint(len(part)) + part for part in (b"souk-bundle-v1", b"/souk/bundle/1", statement))

def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

def check_seal(sealed, links, net):
    """Checks who sealed a bundle or proof whose documents have these CIDs."""
    need(sealed["v"] == 1, "a seal of another version", "bad_seal")
    need(sealed["net"] == net, "said on another network", "wrong_network")
    right = ed25519.verify(sealed["by"], signed_bytes(net, links), sealed["sig"])
    need(right, "a signature that is not its author's", "bad_seal")

def unseal(data, net):
    """Checks a bundle's seal: who sealed it, and its documents, still unread."""
    need(len(data) <= 512 * KIB, "a bundle too long", "too_large")
    bundle = BUNDLE(decode(data))
    check_seal(bundle, [Link.of(doc) for doc in bundle["docs"]], net)
    return bundle["by"], bundle["docs"]

def open_bundle(data, net):
    """Opens a bundle, reads its documents, and opens the proofs that they carry."""
    by, raws = unseal(data, net)
    docs = [read_sealed(raw, by) for raw in raws]
    for doc in docs:
        for k in {"offered", "shown", "first", "second"} & doc.keys():
            open_shown(doc[k], net)
    return docs

def read_sealed(raw, by):
    doc = read_document(raw)
    need(KINDS[doc["kind"]].sealed, "a kind that is not sealed")
    need(doc["by"] == by, "a document of another author", "bad_seal")
    return doc

def open_shown(proof, net):
    """Checks the seal of a proof: it is over its document put in among the others."""
    links, i = proof["docs"], proof["i"]
    check_seal(proof, [*links[:i], Link.of(proof["doc"]), *links[i:]], net)

def open_proof(data, net):
    """Checks a proof that stands alone, and gives its document, still unread."""
    need(len(data) <= 72 * KIB, "a proof too long", "too_large")
    proof = PROOF(decode(data))
    open_shown(proof, net)
    return proof["doc"]

def shown(proof, *kinds):
    """The document that a proof inside another document shows, of one of some kinds."""
    need(proof["v"] == 1, "a seal of another version", "bad_seal")
    return read_document(proof["doc"], kinds)

# === Terms ============================================================================================

def check_price(price):
    tranches, metered = price.get("tranches", []), "unit" in price
    need(not tranches or sum(tranches) == price["fixed"], "tranches that are not the price", "amount")
    need(price.get("advance", 0) <= len(tranches), "more in advance than there is")
    need(len({"unit", "max_units", "window"} & price.keys()) in (0, 3), "half a meter")
    need(metered or not {"per_unit", "parts"} & price.keys(), "a meter of nothing")
    need(not (metered and tranches), "tranches of a meter")
    need("per_unit" in price or "per" not in price, "nothing for so many units")
    need(price.get("per_unit", 0) * price.get("max_units", 0) < 1 << 128, "a part that overflows", "amount")
    need(most_owed(price) < 1 << 128, "a price that overflows", "amount")

def most_owed(price):
    part = -(-price.get("per_unit", 0) * price.get("max_units", 0) // price.get("per", 1))  # rounded up
    return price["fixed"] + part * price.get("parts", 1)

STAGES = "start deliver review claim answer award settle resolve".split()

def check_times(times):
    stages = [times[k] for k in STAGES]
    need(stages == sorted(stages), "stages out of order")
    for k in {"open", "commit"} & times.keys():
        need(times["answer"] <= times[k] <= times["award"], f"{k} not from answer to award")

def check_panel(panel):
    distinct([member["key"] for member in panel["members"]], "one judge twice")
    need(1 <= panel["needed"] <= len(panel["members"]), "more needed than named, or nobody")

def check_terms(terms):
    need(terms["times"]["retention"] <= terms["data"]["retention"], "kept longer than promised")
    need(terms.get("kill_fee", 0) <= most_owed(terms["price"]), "a kill fee above the price")
    need(("reworks" in terms) == ("rework" in terms["times"]), "reworks in no time, or time for none")

def check_thirds(terms, *sides):
    thirds = [terms["witness"]] if "witness" in terms else []
    thirds += terms["panel"]["members"] if "panel" in terms else []
    need(all(third["key"] not in sides for third in thirds), "one of the two sides as a third")

class_, purpose = between(1, 4), prose(128)
LABEL = {"class": class_, "purpose": purpose, "retention": retention, "pass_on": flag, "train": flag}
HANDLING = {"most": class_, "purpose": purpose, "retention": retention, "pass_on": flag, "train": flag}
PRICE = dict(
    fixed=amount, tranches=maybe(array(amount, 2, 64)), advance=maybe(integer), per_unit=maybe(amount),
    per=maybe(between(2, COUNT)), unit=maybe(line(1, 32)), max_units=maybe(integer),
    window=maybe(between(1, PART)), parts=maybe(between(2, PART + 1)))
TIMES = dict(
    dict.fromkeys(["fund", *STAGES, "open", "outcome", "pause_max"], duration),
    commit=maybe(duration), rework=maybe(duration), retention=between(0, 3650 * DAY))
CHECK = dict(rule=name, params=prose(8 * KIB), program=maybe(link))
THIRD = closed(dict(
    key=key, owner=key, fee=amount, payer=between(1, 4), data=closed(HANDLING), consent=link))
PANEL = dict(members=array(THIRD, 1, 7), needed=integer, split=share)
RAIL = dict(name=name, account=line(0, 256), params=maybe(blob(1, 8 * KIB)))
TERMS = closed(dict(
    capability=capability, input_type=input_type, max_bytes=maybe(integer), output_type=media_type, asset=asset,
    price=closed(PRICE, check_price), times=closed(TIMES, check_times), data=closed(HANDLING),
    check=maybe(closed(CHECK)), panel=maybe(closed(PANEL, check_panel)), witness=maybe(THIRD),
    rail=closed(RAIL), rerun_safe=flag, kill_fee=maybe(amount), reworks=maybe(between(1, 16)),
    needs=maybe(array(line(1, 96), most=16, once=True)), blanks=maybe(array(name, most=16, rising=True)),
    owner=key, mandate=link,
    hirer=maybe(key), request=maybe(link), valid_until=integer), check_terms)

# === Talk =============================================================================================

def check_hello(doc):
    need(doc["least"] <= doc["most"], "versions the wrong way round")
    if doc["log_seq"] > 0:
        need(any(doc["log_epoch"]) and "log_head" in doc, "a log without epoch or head")

def check_offer(doc):
    terms = doc["terms"]
    check_thirds(terms, doc["by"])
    need(doc["expires"] <= doc["at"] + HOUR, "lives over an hour")
    need(not {"hirer", "request"} & terms.keys(), "an offer for one hirer")
    withdraws = doc["expires"] <= doc["at"]
    need(withdraws or terms["valid_until"] == doc["expires"], "terms of another end")

def check_request(doc):
    need(doc["to"] != doc["by"], "asks itself")
    need(doc["at"] < doc["reply"] <= doc["at"] + 7 * DAY, "reply at a wrong time")

def check_call(doc):
    need(doc["at"] < doc["reply"] <= doc["at"] + HOUR, "reply at a wrong time")
    need(len(doc.get("check", {"params": ""})["params"].encode()) <= 4 * KIB, "a long rule", "too_large")

def check_counter(doc):
    check_thirds(doc, doc["by"])
    need(CLAUSES.keys() & doc.keys(), "wishes for nothing")

def check_quote(doc):
    terms = doc["terms"]
    check_thirds(terms, doc["by"], terms.get("hirer"))
    need({"hirer", "request"} <= terms.keys(), "a quote for nobody or of nothing")
    need(terms["hirer"] != doc["by"], "a quote for itself")
    need(doc["at"] < terms["valid_until"] <= doc["at"] + 7 * DAY, "valid until a wrong time")

def allows(label, data):
    """Whether a payload of this label may go to one who handles data so."""
    return (data["most"] >= label["class"] and data["retention"] <= label["retention"]
            and data["pass_on"] <= label["pass_on"] and data["train"] <= label["train"]
            and label["purpose"] in ("", data["purpose"]))

def check_accept(doc):
    choices = [choice["name"] for choice in doc.get("choices", [])]
    need(choices == sorted(set(choices)), "choices out of order")
    offered = shown(doc["offered"], "Quote", "Offer")
    terms = offered["terms"]
    need(offered["by"] != doc["by"], "accepts its own offer")
    if "expires" in offered:
        need(offered["expires"] > offered["at"], "an offer that was withdrawn", "not_offered")
        need(not offered["ask"], "an offer that only hints", "not_offered")
    need(terms.get("hirer", doc["by"]) == doc["by"], "a quote for another hirer")
    need(doc["at"] <= terms["valid_until"], "the offer is over", "expired")
    check_thirds(terms, doc["by"])
    blanks = terms.get("blanks", [])
    need(all(c["name"] in blanks for c in doc.get("choices", [])), "a choice of no blank", "not_offered")
    size = sum(artefact["size"] for artefact in doc["inputs"])
    need(size <= terms.get("max_bytes", size), "inputs too large", "too_large")
    for artefact in doc["inputs"]:
        need(allows(artefact["label"], terms["data"]), "an input that may not go there", "label")

ARTEFACT = closed(dict(id=link, size=between(0, 1 << 40, "too_large"), type=media_type, label=closed(LABEL)))
LANE_HEAD = Map(dict(lane=link, payer=flag, asset=asset, epoch=epoch, seq=ordinal, head=link))
HELLO = dict(
    net=network, least=ordinal, most=ordinal, features=maybe(array(feature, most=32, once=True)),
    epoch=epoch, lanes=maybe(array(LANE_HEAD, most=64)),
    log_epoch=blob(16, 16), log_seq=integer, log_head=maybe(link))
OFFER = dict(
    seq=ordinal, expires=integer, ask=flag, title=maybe(prose(200)), schema=maybe(prose(8 * KIB)), terms=TERMS)
WANTED = dict(
    capability=capability, input_type=input_type, size=integer, label=closed(LABEL),
    deliver=duration, reply=integer, check=maybe(closed(CHECK)),
    assets=array(asset, 1, 16, once=True), rails=array(name, 1, 16, once=True), owner=key, mandate=link)
REQUEST, CALL = dict(WANTED, to=key), dict(WANTED, ceiling=maybe(amount))
THIRD_WISHED = Map(dict(THIRD.keys, data=Map(HANDLING)))
CLAUSES = dict(
    price=maybe(Map(PRICE, check_price)), times=maybe(Map(TIMES, check_times)), data=maybe(Map(HANDLING)),
    check=maybe(closed(CHECK)), panel=maybe(Map(dict(PANEL, members=array(THIRD_WISHED, 1, 7)), check_panel)),
    witness=maybe(THIRD_WISHED), kill_fee=maybe(amount), reworks=maybe(between(1, 16)))
COUNTER = dict(CLAUSES, quote=link, round=between(1, 5))
ACCEPT = dict(
    offered=PROOF, inputs=array(ARTEFACT, most=16),
    choices=maybe(array(closed(dict(name=name, value=prose(200))), most=16)), owner=key,
    mandates=array(link, 1, 8, once=True), account=line(0, 256), parent=maybe(link), instead=maybe(link))

# === Work =============================================================================================

def check_verdict(doc):
    need(doc["pass"] != ("clause" in doc), "passes by a clause, or fails by none")

def check_award(doc):
    need(("commit" in doc) != ("opens" in doc), "neither commits nor opens, or both")
    need("opens" in doc or not {"share", "salt"} & doc.keys(), "tells what it hides")
    need("commit" in doc or "salt" in doc, "opens without a salt")

def award_commitment(award):
    """What the first Award of an evaluator commits to, given its second."""
    keys = {k: award[k] for k in ("by", "job", "part", "salt", "about")}
    return Link.of(encode({**keys, "alg": "souk/award/1", "share": award.get("share", 0)}))

WORK = dict(job=link, part=between(0, PART))
ACK = dict(job=link, of=array(link, 1, 32, once=True), bytes=integer)
PROGRESS = dict(WORK, fraction=share, units=maybe(integer), note=maybe(link))
DELIVERY = dict(
    WORK, artefacts=array(ARTEFACT, 1, 16), inputs=maybe(array(link, most=128, once=True)), units=maybe(integer))
VERDICT = {**WORK, "delivery": link, "score": share, "pass": flag, "clause": maybe(name)}
CONTEST = dict(WORK, about=link, clause=name)
NEED = dict(WORK, needs=array(line(1, 96), 1, 16, once=True), note=maybe(link))
PROVIDE = dict(WORK, need=maybe(link), inputs=array(ARTEFACT, 1, 16))
AWARD = dict(
    WORK, about=link, commit=maybe(link), opens=maybe(link), share=maybe(share), salt=maybe(salt))
CANCEL = dict(WORK, code=code, fee=maybe(amount))

# === Money ============================================================================================

Act = collections.namedtuple("Act", "name must may least total")
EVERY_ACT = {"basis", "idem", "proof", "rail"}  # may have these too
ACTS = {  # least is of the amount; total is that which the amount is part of: none where it is 0
    1: Act("open", "", "old_epoch old_seq old_head", 0, None),
    2: Act("pay", "", "mandate job part", 1, "posted"),
    3: Act("hold", "job mandate deadline", "part", 0, "held"),
    4: Act("post", "hold", "job part reading", 0, "posted"),
    5: Act("void", "hold", "job part", 0, None),
    6: Act("meter", "job reading mandate", "part hold", 0, "posted"),
    7: Act("award", "hold basis", "job part", 0, "posted"),
    8: Act("credit", "", "job part", 1, "credited"),
    9: Act("settled", "", "", 1, "settled"),
    10: Act("close", "", "", 0, None),
}

def check_totals(totals):
    gone = totals["credited"] + totals["settled"]
    need(totals["released"] <= totals["held"], "released above held", "amount")
    need(gone <= totals["posted"], "credited and settled above posted", "amount")
    exposure = totals["posted"] + totals["held"] - totals["released"] - gone
    need(exposure < 1 << 128, "an exposure that overflows", "amount")

def check_entry(doc):
    act, at_first = ACTS[doc["act"]], doc["seq"] == 1
    has = {k for k, reader in ENTRY.items() if isinstance(reader, maybe) and k in doc} - {"prev"}
    must, may = set(act.must.split()), set(act.may.split())
    need(doc["payee"] != doc["by"], "owes itself")
    need(at_first == ("prev" not in doc), "without the one before, or the first with one")
    need(at_first == (act.name == "open"), "an OPEN that is not first, or a first that is none")
    need(must <= has <= must | may | EVERY_ACT, f"other fields than {act.name} has")
    need(act.name != "pay" or {"basis", "mandate"} & has, "paid for nothing")
    need(("rail" in doc) == ("proof" in doc), "a proof of no rail, or a rail without one")
    need("part" not in doc or "job" in doc, "a part of no job")
    need("deadline" not in doc or doc["deadline"] > doc["at"], "a deadline before it is said")
    need(doc["amount"] >= act.least, f"{act.name} of nothing", "amount")
    need(doc["amount"] <= doc["totals"].get(act.total, 0), "an amount not in its total", "amount")
    if at_first:
        old = has & {"old_epoch", "old_seq", "old_head"}
        need(len(old) in (0, 3), "continues half a lane")
        need(old or not any(doc["totals"].values()), "starts from something")
        need(doc.get("old_epoch") != doc["epoch"], "continues itself")

def check_countersign(doc):
    taken, disputed = doc.get("taken", []), doc.get("disputed", [])
    jobs = taken + [declined["job"] for declined in doc.get("declined", [])]
    need(len(jobs) + len(disputed) <= 128, "too many jobs and holds", "too_large")
    distinct(jobs, "a job twice")
    distinct(disputed, "a hold twice")

def lane_name(net, entry):
    return Link.of(encode({"net": net, "payer": entry["by"], **{k: entry[k] for k in ("payee", "asset", "epoch")}}))

def totals(value):
    need(isinstance(value, list) and len(value) == 5, "not five totals")
    sums = dict(zip(("posted", "held", "released", "credited", "settled"), map(amount, value)))
    check_totals(sums)
    return sums

ENTRY = dict(
    payee=key, asset=asset, epoch=epoch, seq=ordinal, prev=maybe(link), act=between(1, 10),
    amount=amount, totals=totals, job=maybe(link), part=maybe(between(1, PART)), hold=maybe(link),
    basis=maybe(array(link, most=8, once=True)), reading=maybe(integer), mandate=maybe(link),
    deadline=maybe(integer), idem=maybe(blob(1, 64)), proof=maybe(blob(1, KIB)), rail=maybe(name),
    old_epoch=maybe(epoch), old_seq=maybe(integer), old_head=maybe(link))
COUNTERSIGN = dict(
    lane=link, seq=ordinal, entry=link, totals=totals, taken=maybe(array(link)),
    declined=maybe(array(closed(dict(job=link, code=code)))), disputed=maybe(array(link)))
CLAIM = dict(WORK, hold=link, delivery=link, amount=amount)

# === Standing and authority ===========================================================================

AWARDED, DEFAULTED, CANCELLED = 4, 5, 6  # among the ways an Outcome's job ended
NOTHING_DUE = 5  # among the ways its hirer behaved
SKEW = 30_000  # milliseconds by which honest clocks may differ

def check_outcome(doc):
    need(doc["hirer"] != doc["provider"], "hired itself")
    need(doc["by"] in (doc["hirer"], doc["provider"]), "by a stranger")
    awarded = doc["ended"] == AWARDED
    need(doc["ended"] > CANCELLED or ("evaluators" in doc) == awarded, "evaluators of no award, or none of one")
    need(doc["ended"] != DEFAULTED or doc["score"] == 0, "a score of what was not delivered")
    need(doc["conduct"] >= NOTHING_DUE or doc["band"] > 0, "paid for nothing")
    need(doc["opened"] <= doc["closed"] + SKEW, "closed before it was opened")

def check_log_entry(doc):
    need(doc["seq"] == 1 or "prev" in doc, "a later entry without the one before")

def check_log_head(doc):
    need("shown" in doc or doc["by"] == doc["author"], "hearsay")
    if "shown" in doc:
        entry = shown(doc["shown"], "LogEntry")
        place = entry["by"], entry["epoch"], entry["seq"], Link.of(doc["shown"]["doc"])
        need(place == (doc["author"], doc["epoch"], doc["seq"], doc["entry"]), "shows another entry")

def check_equivocation(doc):
    first, second = doc["first"], doc["second"]
    need(first["by"] == second["by"], "by different authors")
    need(first["net"] == second["net"], "on two networks")
    need(Link.of(first["doc"]) < Link.of(second["doc"]), "the same twice, or in falling order")
    one, other = (shown(proof, "Entry", "LogEntry") for proof in (first, second))
    place = ("kind", "payee", "asset", "epoch", "seq")
    need(all(one.get(k) == other.get(k) for k in place), "at different places")

def check_budget(budget):
    need(budget["per_job"] <= budget["total"], "per job above the total")
    need(budget.get("per_period", 0) <= budget["total"], "per period above the total")
    need(("period" in budget) == ("per_period" in budget), "half a period")

def check_mandate(doc):
    assets, classes = [b["asset"] for b in doc.get("budgets", [])], list(doc.get("classes", b""))
    need(len(doc.get("hire", []) + doc.get("offer", [])) <= 64, "too many scopes", "too_large")
    need(assets == sorted(set(assets)), "budgets out of order")
    need(not doc["any_party"] or "parties" not in doc, "any party and some")
    need(classes == sorted(set(classes) & {1, 2, 3, 4}), "other than data classes in order")
    need(doc["not_before"] < doc["expires"], "over before it begins")

def check_consent(doc):
    need(doc["to"] != doc["by"], "consents to itself")
    need(doc["not_before"] < doc["expires"], "over before it begins")

CONSENT = dict(
    to=key, role=between(1, 2), scopes=array(scope, 1, 16, rising=True), asset=asset, fee=amount, payer=between(1, 4),
    data=closed(HANDLING), owner=key, not_before=integer, expires=integer)
OUTCOME = dict(
    job=link, hirer=key, provider=key, hirer_owner=key, provider_owner=key, capability=capability,
    asset=asset, band=between(0, 128), score=share, ended=between(1, 255), conduct=between(1, 255),
    evaluators=maybe(array(key, 1, 7, once=True)), entry=link, opened=integer, closed=integer)
LOG_ENTRY = dict(outcome=link, epoch=epoch, seq=ordinal, prev=maybe(link))
LOG_HEAD = dict(author=key, epoch=epoch, seq=ordinal, entry=link, shown=maybe(PROOF))
EQUIVOCATION = dict(first=PROOF, second=PROOF)
BUDGET = dict(
    asset=asset, per_job=amount, total=amount, per_period=maybe(amount), period=maybe(duration), approval=maybe(amount))
MANDATE = dict(
    audience=key, parent=maybe(link), renews=maybe(link), hire=maybe(array(scope, rising=True)),
    offer=maybe(array(scope, rising=True)), budgets=maybe(array(closed(BUDGET, check_budget), most=16)),
    any_party=flag, parties=maybe(array(key, most=64, rising=True)), least_estimate=maybe(share),
    classes=maybe(blob(1, MOST_DOCUMENT)), depth=between(0, 8), not_before=integer, expires=integer)

# === Documents ========================================================================================

Kind = collections.namedtuple("Kind", "name limit sealed read")

def kind(name, kib, keys, check=None, sealed=True, closed=False):
    head = dict(kind=integer, by=key, at=integer, nonce=blob(16, 16))
    return Kind(name, kib * KIB, sealed, Map({**head, **keys}, check, closed))

KINDS = {
    1: kind("Hello", 16, HELLO, check_hello, sealed=False),
    2: kind("Offer", 32, OFFER, check_offer),
    3: kind("Call", 8, CALL, check_call),
    4: kind("Request", 16, REQUEST, check_request, sealed=False),
    5: kind("Quote", 32, dict(round=between(0, 5), terms=TERMS), check_quote),
    6: kind("Counter", 32, COUNTER, check_counter),
    7: kind("Refuse", 2, dict(of=link, code=code, detail=maybe(prose(400)))),
    8: kind("Accept", 48, ACCEPT, check_accept),
    9: kind("Started", 1, WORK),
    10: kind("Ack", 4, ACK),
    11: kind("Need", 8, NEED),
    12: kind("Provide", 8, PROVIDE),
    13: kind("Progress", 1, PROGRESS),
    14: kind("Delivery", 16, DELIVERY),
    15: kind("Verdict", 2, VERDICT, check_verdict),
    16: kind("Contest", 4, CONTEST),
    17: kind("Award", 4, AWARD, check_award),
    18: kind("Entry", 4, ENTRY, check_entry, closed=True),
    19: kind("Countersign", 16, COUNTERSIGN, check_countersign, closed=True),
    20: kind("Claim", 1, CLAIM),
    21: kind("Outcome", 2, OUTCOME, check_outcome),
    22: kind("LogEntry", 1, LOG_ENTRY, check_log_entry),
    23: kind("LogHead", 4, LOG_HEAD, check_log_head),
    24: kind("Cancel", 1, CANCEL),
    25: kind("Mandate", 16, MANDATE, check_mandate, closed=True),
    28: kind("Equivocation", 64, EQUIVOCATION, check_equivocation),
    29: kind("Consent", 4, CONSENT, check_consent, closed=True),
}

def read_document(data, kinds=()):
    """Reads one document by its kind, of those named if any are."""
    need(len(data) <= MOST_DOCUMENT, "a document too long", "too_large")
    item = decode(data)
    need(isinstance(item, dict), "no map")
    number = between(0, 65_535)(item.get("kind"))
    need(not kinds or number in KINDS and KINDS[number].name in kinds, "a kind that cannot stand here")
    need(number in KINDS, "a kind that is not read", "unknown_kind")
    need(len(data) <= KINDS[number].limit, "a document too long for its kind", "too_large")
    return KINDS[number].read(item)

# === Beside the documents =============================================================================

ALGORITHM = "souk/merkle-sha256-256k/1"
CHUNK = 256 * KIB

def merkle_root(content):
    """The root of RFC 9162 over chunks of 256 KiB."""
    starts = range(0, len(content) or 1, CHUNK)
    level = [hashlib.sha256(b"\0" + content[i : i + CHUNK]).digest() for i in starts]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\1" + b"".join(p)).digest() if len(p) == 2 else p[0] for p in pairs]
    return level[0]

def check_datum(datum):
    need(datum["opening"]["alg"] == ALGORITHM, "an opening of another algorithm")
    need(datum["opening"]["size"] == len(datum["bytes"]), "not the bytes that the opening says")

def check_frame(frame):
    need(frame, "an empty frame")
    need(len(frame.get("bare", []) + frame.get("bundles", [])) <= 64, "too many documents", "too_large")
    inline = sum(len(datum["bytes"]) for datum in frame.get("data", []))
    need(inline <= CHUNK, "too many bytes of artefacts", "too_large")

OPENING = closed(dict(alg=prose(MOST_TEXT), root=blob(32, 32), salt=blob(32, 32), size=integer))
DATUM = closed(dict(opening=OPENING, bytes=blob(0, MIB)), check_datum)
FRAME = closed(dict(
    bare=maybe(array(blob(1, MOST_DOCUMENT))), data=maybe(array(DATUM, most=16)),
    bundles=maybe(array(blob(1, 512 * KIB)))), check_frame)

def read_frame(data):
    """Reads a frame; the documents and bundles in it are still unread."""
    need(len(data) <= MIB, "a frame too long", "too_large")
    return FRAME(decode(data))

def check_page(page):
    documents = [proof["doc"] for proof in page["shown"]]
    need(documents, "an empty page")
    need(len(set(documents)) == len(documents), "a document shown twice")

PAGE = closed(dict(shown=array(PROOF, most=64)), check_page)

def read_page(data):
    """Reads a page of a log; the seals and documents in it are still unread."""
    need(len(data) <= 128 * KIB, "a page too long", "too_large")
    return PAGE(decode(data))

# === Receipts =========================================================================================

BEGIN, END = "-----BEGIN SOUK RECEIPT-----\n", "-----END SOUK RECEIPT-----\n"
RECEIPT = closed(dict(
    chain=maybe(array(blob(0, MOST_DOCUMENT), most=512)), entry=PROOF, countersign=PROOF))

def armor(raw):
    digits = base64.b64encode(raw).decode()
    return BEGIN + re.sub("(.{1,64})", r"\1\n", digits) + END

def read_receipt(written):
    """What a receipt's file proves, on the network that it names: entry and countersign."""
    need(len(written) <= MIB, "a receipt too long", "too_large")
    try:
        raw = base64.b64decode(written[len(BEGIN) : -len(END)])
    except ValueError as wrong:
        raise Refusal("malformed", "no base64 between its first line and its last") from wrong
    need(armor(raw) == written, "not as it was written")
    need(len(raw) <= 512 * KIB, "a receipt too long", "too_large")
    receipt = RECEIPT(decode(raw))
    said, seen = receipt["entry"], receipt["countersign"]
    for proof in said, seen:
        open_shown(proof, said["net"])
    entry, countersign = (read_sealed(proof["doc"], proof["by"]) for proof in (said, seen))
    need(KINDS[entry["kind"]].name == "Entry", "something else than an entry")
    need(KINDS[countersign["kind"]].name == "Countersign", "something else than a countersign")
    last, raw = entry, said["doc"]
    for following in receipt.get("chain", []):
        last, raw = follow(last, Link.of(raw), read_document(following)), following
    same_place = countersign["seq"] == last["seq"] and countersign["entry"] == Link.of(raw)
    need(countersign["by"] == entry["payee"], "countersigned by another than the payee")
    need(countersign["lane"] == lane_name(said["net"], last), "countersigned in another lane")
    need(same_place and countersign["totals"] == last["totals"], "countersigned at another entry")
    return said["net"], entry, countersign

def follow(before, name, entry):
    """The entry that must lead on from the one before, of that name."""
    pair = all(entry.get(k) == before[k] for k in ("kind", "by", "payee", "asset"))
    place = (before["epoch"], before["seq"], name)
    if pair and entry["act"] == 1:
        right = (entry.get("old_epoch"), entry.get("old_seq"), entry.get("old_head")) == place
    else:
        right = pair and (entry["epoch"], entry["seq"] - 1, entry["prev"]) == place
    need(right, "what stands in between does not lead on")
    return entry

def show_receipt(path):
    try:
        net, entry, countersign = read_receipt(pathlib.Path(path).read_bytes().decode("latin-1"))
    except (OSError, Refusal) as wrong:
        print(f"this proves nothing: {wrong}", file=sys.stderr)
        return False
    for label, value in {
        "network": net, "payer": base58(PEER_ID + entry["by"]), "payee": base58(PEER_ID + entry["payee"]),
        "asset": entry["asset"], "amount": f"{entry['amount']} ({ACTS[entry['act']].name})",
        "job": entry.get("job", "-"), "lane": f"{lane_name(net, entry)}, entry {entry['seq']}",
        "said": f"{entry['at']} by the payer's clock", "seen": f"{countersign['at']} by the payee's clock",
    }.items():
        print(f"{label:<8} {value}")
    return True

# === Golden vectors ===================================================================================

CODES_OF_WIRE = dict(  # the words of protocol/wire/testdata
    dict.fromkeys(["canonical", "shape", "unknown-field", "key", "cid"], "malformed"),
    amount="amount", limit="too_large", seal="bad_seal", network="wrong_network")

class Tally:
    """How the cases of one file went."""

    def __init__(self, file):
        self.file, self.kind, self.valid, self.invalid, self.wrong = file, "", 0, 0, []

    def case(self, name, code, read, *arguments):
        """Runs one case; code is what it must be refused with, or empty."""
        found, words = "", "valid"
        try:
            read(*arguments)
        except Refusal as refusal:
            found, words = refusal.code, str(refusal)
        if found != code:
            self.wrong.append(f"{name}: want {code or 'valid'}, got {words}")
        self.valid += found == code == ""
        self.invalid += found == code != ""

def same(got, want):
    need(got == want, f"{got!r} is not {want!r}", "differs")

def from_dag_json(item):
    """What DAG-JSON says, as decode would give it."""
    if isinstance(item, list):
        return [from_dag_json(i) for i in item]
    if not isinstance(item, dict):
        return item
    if item.keys() != {"/"}:
        return {k: from_dag_json(v) for k, v in item.items()}
    inner = item["/"]
    return Link.parse(inner) if isinstance(inner, str) else base64.b64decode(inner["bytes"] + "==")

def run_kind(tally, file):
    """One file about one kind."""
    here, net = KINDS[file["kind"]], file["network"]
    tally.kind = file["kind"]
    head = {"name": here.name, "limit": here.limit, "strict": here.read.closed, "sealed": here.sealed}
    tally.case("head", "", same, head, {k: file[k] for k in head})
    for case in file["valid"]:
        tally.case(case["name"], "", valid_case, case, here, net)
    for case in file["invalid"]:
        read = (open_bundle, bytes.fromhex(case["bundle"]), net) if "bundle" in case else (
            read_document, bytes.fromhex(case["bytes"]))
        tally.case(case["name"], case["code"], *read)

def valid_case(case, kind, net):
    """Reads a document, and writes it and its bundle anew."""
    data, doc = bytes.fromhex(case["bytes"]), read_document(bytes.fromhex(case["bytes"]))
    same(KINDS[doc["kind"]], kind)
    same((encode(decode(data)), encode(from_dag_json(case["fields"]))), (data, data))
    same(str(Link.of(data)), case["cid"])
    author, signature = ed25519.sign(bytes.fromhex(case["seed"]), signed_bytes(net, [Link.of(data)]))
    same(doc["by"], author)
    same("bundle" in case, kind.sealed)
    if kind.sealed:
        bundle = encode({"v": 1, "net": net, "sig": signature, "docs": [data]})
        same(bundle.hex(), case["bundle"])
        same(open_bundle(bundle, net), [doc])

def artefact_case(case, _):
    content = bytes.fromhex(case["unit"]) * case["repeat"]
    root, salt = merkle_root(content), bytes.fromhex(case["salt"])
    opening = encode({"alg": ALGORITHM, "root": root, "salt": salt, "size": len(content)})
    same((len(content), root.hex(), opening.hex()), (case["size"], case["root"], case["opening"]))
    same(str(Link.of(opening)), case["commitment"])

def lane_case(case, _):
    payer, payee, epoch = (bytes.fromhex(case[k]) for k in ("payer", "payee", "epoch"))
    entry = {"by": payer, "payee": payee, "asset": case["asset"], "epoch": epoch}
    same(str(lane_name(case["network"], entry)), case["lane"])

def commitment_case(case, _):
    award = {k: bytes.fromhex(case[k]) for k in ("by", "salt")}
    award.update(job=Link.parse(case["job"]), about=Link.parse(case["about"]), part=case["part"], share=case["share"])
    same(str(award_commitment(award)), case["commit"])

def key_case(case, data):
    raw = parse_key(case["text"]) if "text" in case else key(data)
    same((raw, parse_key(case["did"])), (data, data))
    same((base58(PEER_ID + data), DID + base58(DID_KEY + data)), (case["text"], case["did"]))

def cid_case(case, data):
    parsed = Link.parse(case["text"])
    same((parsed, encode(parsed), decode(data)), (Link.of(bytes.fromhex(case.get("content", ""))), data, parsed))

def amount_case(case, data):
    parsed = parse_amount(case["text"]) if "text" in case else None
    same(amount(decode(data)), parsed)
    same(encode(parsed.to_bytes((parsed.bit_length() + 7) // 8, "big")), data)

def signature_case(case, _):
    author, message, signature = (bytes.fromhex(case.get(k, "")) for k in ("key", "message", "signature"))
    try:
        right = ed25519.verify(author, message, signature)
    except ValueError:  # no key that is accepted, so nobody's seal
        right = False
    need(right, "not a signature of this key", "bad_seal")

LISTS = {
    "artefact.json": artefact_case,
    "commitment.json": commitment_case,
    "frame.json": lambda case, data: read_frame(data),
    "page.json": lambda case, data: read_page(data),
    "lane.json": lane_case,
    "amounts.json": amount_case,
    "bundles.json": lambda case, data: unseal(data, case["net"]),
    "canonical.json": lambda case, data: same(encode(decode(data)), data),
    "cids.json": cid_case,
    "keys.json": key_case,
    "receipt.json": lambda case, _: read_receipt(case["text"]),
    "proofs.json": lambda case, data: open_proof(data, case["net"]),
    "signatures.json": signature_case,
}

def run_file(path):
    tally, file = Tally(path.name), json.loads(path.read_text("utf-8"))
    if path.name not in LISTS:
        run_kind(tally, file)
        return tally
    for number, case in enumerate(file):
        code = case.get("code") or CODES_OF_WIRE.get(case.get("error"), "")
        tally.case(case.get("name", number), code, LISTS[path.name], case, bytes.fromhex(case.get("bytes", "")))
    return tally

def run_folders(folders):
    """Reads every vector, prints a table, and says whether all was as it must be."""
    tallies = [run_file(path) for folder in folders for path in sorted(pathlib.Path(folder).glob("*.json"))]
    tallies.sort(key=lambda t: (t.kind or 1 << 16, t.file))
    rows = [(t.kind, t.file, t.valid, t.invalid, len(t.wrong)) for t in tallies]
    total = [sum(column) for column in list(zip(*rows))[2:]] or [0, 0, 0]
    for row in [("kind", "file", "valid", "refused", "mismatches"), *rows, ("", "all", *total)]:
        print("{:>4} {:<18} {:>5} {:>7} {:>10}".format(*row))
    for tally in tallies:
        for words in tally.wrong:
            print(f"{tally.file}: {words}", file=sys.stderr)
    return total[0] > 0 and total[2] == 0

def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--file":
        return 0 if show_receipt(arguments[1]) else 1
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    return 0 if run_folders(arguments) else 1

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
