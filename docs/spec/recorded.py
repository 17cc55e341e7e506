#!/usr/bin/env python3
"""Whole jobs as they went over the links, read from these pages alone.

    python3 docs/spec/recorded.py agent/testdata/recorded

Of each recording everything is checked that can be: that every byte is in its one
form and every seal good; that each side greeted the other first; that each document
was said by who may say it, refers to nothing that was not said before, and came in
its time; that entries follow on one another and their totals add up; and where the
job then stands. It prints the job line by line.

Then it spoils each recording all over, and shows that it notices: some sixty bits of
each sealed line are turned, one at a time, and each line is left out. What single
documents say is read by decoder.py.
"""
import functools
import hashlib
import json
import pathlib
import sys

sys.dont_write_bytecode = True
import decoder
from dagcbor import Link, Refusal, decode, encode, need

SKEW = decoder.SKEW
decoder.ed25519.verify = functools.lru_cache(None)(decoder.ed25519.verify)  # a spoilt copy differs in one line

# Who may say what (documents.md, "Kinds"); of entries and countersigns the lane tells.
ROLES = dict(
    dict.fromkeys("Offer Quote Started Need Progress Delivery Claim".split(), "provider"),
    **dict.fromkeys("Call Request Counter Accept Provide Ack Verdict Outcome".split(), "hirer"))

# By when it must be dated, in durations of the Terms after the Accept (job.md).
DEADLINES = dict(taken="start", Started="deliver", Delivery="deliver", Verdict="review", post="settle")

def kind(doc):
    return decoder.KINDS[doc["kind"]].name

def links(value):
    """All links of a document, but not those that a proof gives of its neighbours."""
    if isinstance(value, Link):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from links(item)
    elif isinstance(value, dict):
        for k, item in value.items():
            if k != "docs":
                yield from links(item)

class Lane:
    """One payer's entries to one payee (money.md), all of one epoch."""

    def __init__(self):
        self.last = self.name = self.seen = None
        self.holds = {}  # name of a HOLD: what is left in it

    def write(self, doc, name):
        """Adds an entry, which must lead on from the last."""
        last = self.last or dict(seq=0, totals=dict.fromkeys(("posted", "held", "released", "credited", "settled"), 0))
        need(doc["seq"] == last["seq"] + 1 and doc.get("prev") == self.name, "an entry that does not lead on", "lane")
        totals, act, amount = dict(last["totals"]), decoder.ACTS[doc["act"]].name, doc["amount"]
        if act == "hold":
            totals["held"] += amount
            self.holds[name] = amount
        elif act in ("post", "void", "award"):
            need(doc["hold"] in self.holds, "ends no hold", "hold")
            left = self.holds.pop(doc["hold"])
            need(amount <= left, "more than is held", "amount")
            totals["posted"] += amount
            totals["released"] += left
        else:
            need(act == "open", f"{act}: not in an ordinary job", "hold")
        need(doc["totals"] == totals, "totals that do not add up", "amount")
        self.last, self.name = doc, name

class Recording:
    """What both sides know, line by line."""

    def __init__(self, file):
        self.net, self.who = file["network"], {bytes.fromhex(k): name for k, name in file["who"].items()}
        self.known = {}  # name of a document, artefact or lane: what it is
        self.greeted, self.lanes, self.said = {}, {}, []
        self.job = self.terms = self.accept = None
        self.stage, self.verdict, self.outcome, self.logged = "", None, None, set()
        self.seals = self.references = 0

    # --- Bytes ---

    def read(self, line):
        """Reads one line and gives its documents."""
        at, sides = line["at"], (line["from"], line.get("to"))
        if "frame" not in line:
            return self.aside(line, at)
        frame = decoder.read_frame(bytes.fromhex(line["frame"]))
        bare, bundles = frame.get("bare", []), frame.get("bundles", [])
        if sides not in self.greeted:
            need(len(bare) == 1 and frame.keys() == {"bare"}, "said before Hello")
        for datum in frame.get("data", []):
            self.artefact(datum)
        docs = []
        for raw in bare:
            doc = decoder.read_document(raw)
            need(not decoder.KINDS[doc["kind"]].sealed, "a sealed kind without its seal")
            docs.append(self.take(doc, raw, at, sides))
        for raw in bundles:
            docs += self.bundle(raw, at, sides)
        return docs

    def aside(self, line, at):
        """A mandate, or an announcement."""
        granted = "granted" in line
        raw = bytes.fromhex(line["granted"] if granted else line["announced"])
        docs = self.bundle(raw, at, (line["from"], line.get("to")))
        need(len(docs) == 1, "more than one document")
        if granted:
            need(kind(docs[0]) == "Mandate" and self.who[docs[0]["audience"]] == line["to"], "no mandate of this agent")
            return docs
        need(kind(docs[0]) in ("Offer", "Call"), "not to be announced")
        capability = docs[0].get("terms", docs[0])["capability"]
        first = capability.split("@")[0].split("/")[0]
        need(line["shard"] == hashlib.sha256(first.encode()).digest()[0] % 16, "announced in another shard")
        return docs

    def artefact(self, datum):
        need(datum["opening"]["root"] == decoder.merkle_root(datum["bytes"]), "other bytes", "artefact")
        self.known[Link.of(encode(datum["opening"]))] = len(datum["bytes"])

    def bundle(self, raw, at, sides):
        self.seals += 1
        docs = decoder.open_bundle(raw, self.net)
        return [self.take(doc, data, at, sides) for doc, data in zip(docs, decode(raw)["docs"])]

    def peek(self, line):
        """The documents of a line, read alone."""
        if "frame" not in line:
            return decoder.open_bundle(bytes.fromhex(line.get("granted") or line["announced"]), self.net)
        frame = decoder.read_frame(bytes.fromhex(line["frame"]))
        docs = [decoder.read_document(raw) for raw in frame.get("bare", [])]
        return docs + [doc for raw in frame.get("bundles", []) for doc in decoder.open_bundle(raw, self.net)]

    # --- Documents ---

    def take(self, doc, raw, at, sides):
        """Takes one document: who said it, what it refers to, when, and what follows."""
        name, what = Link.of(raw), kind(doc)
        need(name not in self.known, "said twice")
        need(self.who.get(doc["by"]) == sides[0], "said for another", "bad_seal")
        need(doc["at"] <= at + SKEW, "dated ahead", "clock")
        for link in links(doc):
            need(link in self.known, f"{what} refers to what was not said")
            self.references += 1
        for proof in {"offered", "shown"} & doc.keys():
            need(Link.of(doc[proof]["doc"]) in self.known, "shows what was not said")
        step = getattr(self, "on_" + what.lower(), None)
        if step:
            step(doc, name, at, sides)
        self.known[name] = doc
        self.said.append((what, doc))
        return doc

    def due(self, word, doc):
        """Checks that a document is dated in time."""
        need(doc["at"] <= self.accept["at"] + self.terms["times"][DEADLINES[word]], f"{word} is late", "late")

    def move(self, stage, *before):
        need(self.stage in before, f"{stage} after {self.stage or 'nothing'}", "early")
        self.stage = stage

    def on_hello(self, doc, name, at, sides):
        need(sides not in self.greeted and doc["net"] == self.net and doc["least"] == 1, "no Hello for here and now")
        self.greeted[sides] = doc

    def on_offer(self, doc, *_):
        self.move("offered", "")

    def on_call(self, doc, *_):
        need("ceiling" not in doc or doc["ceiling"] > 0, "a ceiling of nothing")
        self.move("called", "", "offered")

    def on_request(self, doc, name, at, sides):
        need(self.who[doc["to"]] == sides[1], "asks another")
        self.move("requested", "", "offered")

    def on_quote(self, doc, name, at, sides):
        terms, asked = doc["terms"], self.known[doc["terms"]["request"]]
        need(kind(asked) in ("Request", "Call") and asked["by"] == terms["hirer"], "answers no request of its hirer")
        need(doc["at"] <= asked["reply"] and terms["capability"] == asked["capability"], "another thing, or too late")
        need(terms["asset"] in asked["assets"] and terms["rail"]["name"] in asked["rails"], "not to be paid so", "rail")
        need(terms["times"]["deliver"] <= asked["deliver"], "slower than would do", "late")
        need(decoder.allows(asked["label"], terms["data"]), "the label does not allow it", "label")
        counters = [d for what, d in self.said if what == "Counter"]
        need(doc["round"] == (counters[-1]["round"] if counters else 0), "of another round")
        self.move("quoted", *(["countered"] if counters else ["requested", "called"]))

    def on_counter(self, doc, *_):
        quote = self.known[doc["quote"]]
        need(kind(quote) == "Quote" and quote["terms"]["hirer"] == doc["by"], "of another's quote")
        need(doc["round"] == quote["round"] + 1, "of a wrong round")
        need(doc["at"] <= quote["terms"]["valid_until"], "of a quote that is over", "expired")
        self.move("countered", "quoted")

    def on_accept(self, doc, name, at, sides):
        offered = decoder.read_document(doc["offered"]["doc"])
        need(abs(doc["at"] - at) <= SKEW, "not of now", "clock")
        need(self.who[offered["by"]] == sides[1], "of another provider")
        need(self.known[doc["mandates"][-1]]["audience"] == doc["by"], "under no mandate of the hirer", "mandate")
        need(self.known[offered["terms"]["mandate"]]["audience"] == offered["by"], "no mandate to offer", "mandate")
        for artefact in doc["inputs"]:
            need(self.known[artefact["id"]] == artefact["size"], "input of another size", "artefact")
        self.job, self.terms, self.accept = name, offered["terms"], doc
        self.hirer, self.provider = doc["by"], offered["by"]
        for what, said in self.said:
            side = "provider" if said["by"] == self.provider else "hirer"
            need(ROLES.get(what, side) == side, f"{what} by the wrong side")
        self.move("accepted", "quoted", "offered")

    def about(self, doc, word):
        """A document about the job: of this job, and by who may say it."""
        need(self.job and doc["job"] == self.job and doc.get("part", 0) == 0, "about no job that there is")
        side = {self.hirer: "hirer", self.provider: "provider"}[doc["by"]]
        need(ROLES.get(word, side) == side, f"{word} by the wrong side")

    def on_started(self, doc, *_):
        self.about(doc, "Started")
        self.due("Started", doc)
        need(self.stage == "working", "started before it was taken", "early")

    def on_delivery(self, doc, *_):
        self.about(doc, "Delivery")
        self.due("Delivery", doc)
        for artefact in doc["artefacts"]:
            need(self.known[artefact["id"]] == artefact["size"], "result of another size", "artefact")
        self.move("delivered", "working")

    def on_ack(self, doc, *_):
        self.about(doc, "Ack")
        sizes = [of for of in map(self.known.get, doc["of"]) if isinstance(of, int)]  # the others are documents
        need(doc["bytes"] == sum(sizes), "bytes that do not add up", "amount")

    def on_verdict(self, doc, *_):
        self.about(doc, "Verdict")
        self.due("Verdict", doc)
        need(kind(self.known[doc["delivery"]]) == "Delivery", "judges no Delivery")
        self.verdict = doc
        self.move("judged" if doc["pass"] else "contested", "delivered")

    def on_cancel(self, doc, *_):
        self.about(doc, "Cancel")
        need(doc["by"] == self.provider, "the hirer's Cancel is but a wish: not in an ordinary job")
        self.move("cancelled", "working")

    # --- Money and standing ---

    def on_entry(self, doc, name, at, sides):
        need(self.who[doc["payee"]] == sides[1], "pays another", "wrong_payee")
        lane_name, act = decoder.lane_name(self.net, doc), decoder.ACTS[doc["act"]].name
        lane = self.lanes.setdefault(lane_name, Lane())
        lane.write(doc, name)
        self.known[lane_name] = lane
        if act == "open":
            need(self.greeted[sides]["epoch"] == doc["epoch"], "of another run", "lane")
            return
        self.about(doc, act)
        need(doc["by"] == self.hirer, "not by the hirer", "wrong_payee")
        if act == "hold":
            need(doc["amount"] == decoder.most_owed(self.terms["price"]), "holds another amount", "amount")
            claim = self.accept["at"] + self.terms["times"]["claim"]
            need(doc["deadline"] >= claim, "does not last to claim", "amount")
            self.move("agreed", "accepted")
        elif act == "post":
            self.due("post", doc)
            need(doc["amount"] == self.terms["price"]["fixed"], "posts another amount", "amount")
            need(any(kind(self.known[basis]) == "Verdict" for basis in doc["basis"]), "for no verdict", "hold")
            self.move("settling", "judged")
        else:
            need(any(kind(self.known[basis]) == "Cancel" for basis in doc["basis"]), "of no basis", "hold")
            need(self.stage == "cancelled", "a VOID of what may be owed", "hold")

    def on_countersign(self, doc, name, at, sides):
        lane, entry = self.known[doc["lane"]], self.known[doc["entry"]]
        need(doc["by"] == entry["payee"], "by another than the payee", "wrong_payee")
        place = (entry["seq"], entry["totals"], decoder.lane_name(self.net, entry))
        need((doc["seq"], doc["totals"], doc["lane"]) == place, "of another entry", "lane")
        for job in doc.get("taken", []):
            need(job == self.job and decoder.ACTS[entry["act"]].name == "hold", "takes what is not held for", "hold")
            self.due("taken", doc)
            self.move("working", "agreed")
        if decoder.ACTS[entry["act"]].name == "post":
            self.move("settled", "settling")
        lane.seen = doc["seq"]

    def on_outcome(self, doc, *_):
        self.about(doc, "Outcome")
        entry, mandate = self.known[doc["entry"]], self.known[self.terms["mandate"]]
        done = self.verdict is not None  # otherwise it was cancelled (job.md, "Outcomes")
        need(entry["amount"] and decoder.ACTS[entry["act"]].name == ("post" if done else "hold"), "names another entry")
        want = dict(
            hirer=self.hirer, provider=self.provider, hirer_owner=self.accept["owner"], provider_owner=mandate["by"],
            capability=self.terms["capability"], asset=self.terms["asset"], band=entry["amount"].bit_length(),
            score=self.verdict["score"] if done else 0, ended=1 if done else 6, conduct=1 if done else 5,
            opened=self.accept["at"])
        for k, value in want.items():
            need(doc[k] == value, f"an outcome of another {k}")
        need(self.stage in ("settling", "cancelled"), "an outcome before the end", "early")
        self.outcome = doc

    def on_logentry(self, doc, name, at, sides):
        hello = self.greeted[sides]
        need(kind(self.known[doc["outcome"]]) == "Outcome", "logs no outcome")
        need(doc["epoch"] == hello["log_epoch"] and doc["seq"] == hello["log_seq"] + 1, "out of its place in the log")
        need(doc.get("prev") == hello.get("log_head"), "leads on from another entry")
        self.logged.add(sides[0])

    def over(self):
        """What must hold when all is said."""
        need(self.stage in ("settled", "cancelled"), f"the job is {self.stage or 'none'} at the end", "early")
        need(len(self.logged) == 2, "not logged by both", "early")
        for lane in self.lanes.values():
            need(not lane.holds and lane.seen == lane.last["seq"], "money is not at rest", "hold")

# === Printing =========================================================================================

def tell(doc):
    """One document, in a few words."""
    what, terms = kind(doc), doc.get("terms", {})
    price = terms.get("price", doc.get("price", {})).get("fixed")
    if what in ("Quote", "Counter"):
        return f"{what} round {doc['round']}: {price}"
    if what == "Offer":
        return f"Offer {terms['capability']}: {price} {terms['asset']}"
    if what in ("Request", "Call"):
        return f"{what} {doc['capability']}, {doc['size']} bytes"
    if what == "Entry":
        amount = f" {doc['amount']}" if doc["amount"] else ""
        return f"{decoder.ACTS[doc['act']].name.upper()}{amount}"
    if what == "Countersign":
        return f"Countersign to {doc['seq']}" + (", taken" if "taken" in doc else "")
    if what == "Verdict":
        return f"Verdict {'passes' if doc['pass'] else 'fails'}"
    return f"Cancel: {doc['code']}" if what == "Cancel" else what

def rows(words, width):
    """Documents, as many in a line as fit."""
    line = ""
    for word in words:
        if line and len(line) + 2 + len(word) > width:
            yield line + ","
            line = ""
        line += (", " if line else "") + word
    yield line

def follow(file, show=None):
    """Reads a recording; show is told of each line."""
    r = Recording(file)
    for number, line in enumerate(file["lines"]):
        try:
            docs = r.read(line)
        except Refusal as wrong:
            raise Refusal(wrong.code, f"line {number + 1}, by {line['from']}: {wrong}") from wrong
        except (KeyError, AttributeError, TypeError, IndexError) as wrong:  # a reference to another kind of thing
            raise Refusal("malformed", f"line {number + 1}, by {line['from']}: refers to something else") from wrong
        if show:
            show(line, docs, r)
    r.over()
    return r

def print_recording(path):
    file = json.loads(path.read_text("utf-8"))
    begin = file["lines"][0]["at"]
    print(f"\n{path.name}: {file['title']}\n")
    print(f"{'ms':>6}  {'by':<14} {'says':<45} {'then it is'}")

    def show(line, docs, r):
        first = True
        for row in rows([tell(doc) for doc in docs], 45):
            left = (line["at"] - begin, line["from"]) if first else ("", "")
            print("{:>6}  {:<14} {:<45} {}".format(*left, row, r.stage if first else "").rstrip())
            first = False

    r = follow(file, show)
    entries = sum(lane.last["seq"] for lane in r.lanes.values())
    counts = dict(
        lines=len(file["lines"]), documents=len(r.said), seals=r.seals, references=r.references, entries=entries)
    print("\n  " + ", ".join(f"{n} {what}" for what, n in counts.items()) + ": all good")
    return file

# === Spoiling =========================================================================================

def noticed(file):
    try:
        follow(file)
    except Refusal:
        return True
    return False

def spoil(file):
    """Spoils a recording in every place; says how often, and where it was not noticed."""
    missed, tried, lines = [], 0, file["lines"]
    for i, line in enumerate(lines):
        kinds = [kind(doc) for doc in Recording(file).peek(line)]
        if kinds != ["Offer"]:  # nothing that follows has need of the offer: a quote was asked for
            tried += 1
            if not noticed(dict(file, lines=lines[:i] + lines[i + 1 :])):
                missed.append(f"without line {i + 1} ({', '.join(kinds)})")
        where = next(k for k in ("frame", "granted", "announced") if k in line)
        raw = bytes.fromhex(line[where])
        if kinds in (["Hello"], ["Request"]):
            continue  # they have no seal: the link proves them
        for at in range(0, len(raw) * 8, max(1, len(raw) * 8 // 61)):
            turned = bytearray(raw)
            turned[at // 8] ^= 1 << at % 8
            tried += 1
            if not noticed(dict(file, lines=[*lines[:i], dict(line, **{where: turned.hex()}), *lines[i + 1 :]])):
                missed.append(f"bit {at} of line {i + 1} ({', '.join(kinds)})")
    return tried, missed

def main(folders):
    if not folders or folders[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    paths = [path for folder in folders for path in sorted(pathlib.Path(folder).glob("*.json"))]
    right = bool(paths)
    for path in paths:
        try:
            tried, missed = spoil(print_recording(path))
        except Refusal as wrong:
            print(f"{path.name}: {wrong}", file=sys.stderr)
            right = False
            continue
        print(f"  {tried} spoilt copies, {tried - len(missed)} noticed")
        for words in missed:
            print(f"{path.name}: not noticed: {words}", file=sys.stderr)
        right = right and not missed
    return 0 if right else 1

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
