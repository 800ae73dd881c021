#!/usr/bin/env python3
"""Random rules: our engine against python3-dateutil.

usage: differential.py <print_occurrences> [--rules N] [--seed S]

Every rule is valid by RFC 5545. A rule whose shape falls into a documented class (docs/recurrence.md, "Where dateutil differs")
is still generated and counted, and compared with the class's own reading where dateutil can be asked for it (`as_dateutil`);
what is left is not compared, and its share is bounded. Everything else must agree, occurrence by occurrence.
Exit: 0 agree, 1 differ, 77 dateutil is not installed.
"""
import argparse
import datetime as dt
import itertools
import os
import random
import signal
import subprocess
import sys
import types
import warnings

try:
    import dateutil.rrule as other
except ImportError:
    print("skipped: python3-dateutil is not installed (apt-get install python3-dateutil)")
    sys.exit(1 if os.environ.get("EVH_REQUIRE_ALL") == "1" else 77)

warnings.simplefilter("ignore")
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FREQS = ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
HORIZON_DAYS = {"SECONDLY": 2, "MINUTELY": 12, "HOURLY": 200, "DAILY": 3000, "WEEKLY": 6000, "MONTHLY": 12000, "YEARLY": 30000}
MOST = 60
SECONDS_PER_RULE = 0.25   # of CPU time: what is left out must not depend on the machine's load


def some(r, low, high, most):
    return sorted(r.sample(range(low, high + 1), r.randint(1, min(most, high - low + 1))))


def signed(r, high, most):
    return sorted({r.choice([1, 1, -1]) * n for n in some(r, 1, high, most)})


def random_rule(r):
    freq = r.choice(FREQS)
    chance = lambda p: r.random() < p
    rule = {"FREQ": freq}
    if chance(0.5):
        rule["INTERVAL"] = r.choice([2, 2, 3, 4, 5, 7, 10, 13, 24, 36, 60, 90])
        if freq == "YEARLY":
            rule["INTERVAL"] = r.choice([2, 3, 4, 5])
    if chance(0.35):
        rule["BYMONTH"] = some(r, 1, 12, 4)
    if freq == "YEARLY" and chance(0.25):
        rule["BYWEEKNO"] = signed(r, 53, 4)
    if freq in ("YEARLY", "HOURLY", "MINUTELY", "SECONDLY") and chance(0.2):
        rule["BYYEARDAY"] = signed(r, 366, 12 if freq == "YEARLY" else 150)
    if freq != "WEEKLY" and chance(0.35):
        rule["BYMONTHDAY"] = signed(r, 31, 5)
    if chance(0.45):
        days = r.sample(DAYS, r.randint(1, 4))
        if freq in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in rule and chance(0.5):
            high = 5 if freq == "MONTHLY" or "BYMONTH" in rule else 53
            days = [str(r.choice([1, -1]) * r.randint(1, high)) + d if chance(0.9) else d for d in days]
        rule["BYDAY"] = days
    if chance(0.3):
        rule["BYHOUR"] = some(r, 0, 23, 4)
    if chance(0.3):
        rule["BYMINUTE"] = some(r, 0, 59, 4)
    if chance(0.3):
        rule["BYSECOND"] = some(r, 0, 59, 4)
    if chance(0.25) and any(k.startswith("BY") for k in rule):
        rule["BYSETPOS"] = signed(r, r.choice([2, 4, 12]), 3)
    if chance(0.3):
        rule["WKST"] = r.choice(DAYS)
    return rule


def text_of(rule):
    return ";".join(k + "=" + (",".join(map(str, v)) if isinstance(v, list) else str(v)) for k, v in rule.items())


# ---- The documented classes: by shape alone -------------------------------------------------------------------------

def mixed_byday(rule, start):
    days = rule.get("BYDAY", [])
    return any(len(d) > 2 for d in days) and any(len(d) == 2 for d in days)


def week_without_day(rule, start):
    return "BYWEEKNO" in rule and not any(k in rule for k in ("BYDAY", "BYMONTHDAY", "BYYEARDAY"))


def week_year(rule, start):
    return "BYWEEKNO" in rule and (rule.get("INTERVAL", 1) > 1 or "BYSETPOS" in rule)


def edge_week(rule, start):
    return any(abs(n) >= 52 for n in rule.get("BYWEEKNO", []))


def first_week(rule, start):
    return rule["FREQ"] == "WEEKLY" and "BYSETPOS" in rule and DAYS[start.weekday()] != rule.get("WKST", "MO")


def say_weekday(rule, start):
    return {**rule, "BYDAY": [DAYS[start.weekday()]]}


# name, shape, and how dateutil is asked for the RFC's reading (None: it cannot be)
CLASSES = [("mixed-byday", mixed_byday, None), ("week-year", week_year, None), ("edge-week", edge_week, None),
           ("first-week", first_week, None), ("week-without-day", week_without_day, say_weekday)]


class TooSlow(Exception):
    pass


def give_up(*_):
    raise TooSlow


def stamp(t):
    return t.strftime("%Y%m%dT%H%M%S")


def theirs(rule, start, horizon):
    text = text_of(rule)
    if "UNTIL" not in rule:
        text += ";UNTIL=" + stamp(horizon)
    # It looks at UNTIL only when it has found something; a rule that finds nothing would be searched up to its year 9999.
    other.datetime = types.SimpleNamespace(**{**vars(dt), "MAXYEAR": horizon.year})
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_PER_RULE)
    try:
        return [t for t in itertools.islice(other.rrulestr(text, dtstart=start), MOST) if t <= horizon]
    except ValueError as no:
        if "generates an empty set" in str(no) or "Invalid combination" in str(no):
            return []
        raise
    except TooSlow:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def show(times):
    return [t.strftime("%Y-%m-%dT%H:%M") + (t.strftime(":%S") if t.second else "") for t in times]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("tool")
    args.add_argument("--rules", type=int, default=10000)
    args.add_argument("--seed", type=int, default=20260819)
    opt = args.parse_args()
    print(f"seed {opt.seed}, {opt.rules} rules")
    r = random.Random(opt.seed)
    cases = []
    for _ in range(opt.rules):
        rule = random_rule(r)
        start = dt.datetime(r.randint(1995, 2040), 1, 1) + dt.timedelta(seconds=r.randrange(365 * 86400))
        horizon = start + dt.timedelta(days=HORIZON_DAYS[rule["FREQ"]])
        end = r.random()
        if end < 0.3:
            rule["COUNT"] = r.randint(1, 40)
        elif end < 0.6:
            rule["UNTIL"] = stamp(start + (horizon - start) * r.random())
        cases.append((rule, start, horizon))
    lines = "".join(f"{s.isoformat()}\t{text_of(q)}\t{MOST}\t{h.isoformat()}\n" for q, s, h in cases)
    out = subprocess.run([opt.tool], input=lines, capture_output=True, text=True, check=True, timeout=300).stdout.split("\n")

    seen = {name: 0 for name, _, _ in CLASSES}
    signal.signal(signal.SIGVTALRM, give_up)
    compared = empty = wrong = left_out = slow = 0
    for (rule, start, horizon), answer in zip(cases, out):
        asked, excused = rule, False
        for name, shape, reading in CLASSES:
            if not shape(rule, start):
                continue
            seen[name] += 1
            if reading is None:
                excused = True
                break
            asked = reading(asked, start)
        if answer.startswith("error"):
            wrong += 1
            print(f"REFUSED {text_of(rule)}: {answer}")
            continue
        if excused:
            left_out += 1
            continue
        answered = theirs(asked, start, horizon)
        if answered is None:
            slow += 1
            continue
        compared += 1
        expected = show(answered)
        empty += not expected
        if answer.split() != expected:
            wrong += 1
            if wrong <= 10:
                ours = answer.split()
                at = next((i for i, (a, b) in enumerate(itertools.zip_longest(ours, expected)) if a != b), 0)
                print(f"DIFFERS {text_of(rule)} from {start.isoformat()} at {at}:\n  ours   {ours[at:at + 5]}\n  theirs {expected[at:at + 5]}")
    print(f"compared {compared} ({empty} empty), left out {left_out}, too slow for it {slow}, by class {seen}, wrong {wrong}")
    if compared < opt.rules * 0.85 or empty > opt.rules * 0.5:
        print("the generator no longer makes rules worth comparing")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
