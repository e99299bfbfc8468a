"""What stands in the way where a goal is not met: what was tried, and what a profile shows.

Shown on the page for the rows that miss their goal in its run. Each names the figure of the same run that shows it.
"""

WALLS = {
    "slow-dispatch": """\
mitmproxy asks every addon about each of eight events an exchange, and walks through a script's modules and lists for
it. A script whose hooks do nothing pays for that already (`empty-script`); our own hooks and the writer's thread add
about 200 µs to the 2 ms of an exchange. Tried: one addon instead of two, verdicts of rules remembered, notices and
fields taken apart once, bound methods instead of look-ups. What is left is parsing, judging, storing and comparing
two cookies each way, none of it twice.""",
    "recording": """\
The event loop only puts what was seen into a list; the writer's thread takes some 50 µs an exchange. Measured beside
the jar alone (`features`), recording costs neither requests nor processor time that one could tell from none; the
ratio of two loads of some seconds varies more than the twentieth that the goal leaves.""",
    "replay": """\
Four processes a round, of which the start is taken off: what is left is a difference of differences. Small bodies leave
little but the parsing of flows, which is mitmproxy's, and one row for each cookie.""",
    "store": """\
An observation of this traffic is 1.7 rows of some 20 columns and their indexes by time: SQLite takes more than half
of the time to bind and insert them (`rows that are made already`), the other half makes the rows: masking by a keyed
hash, words to numbers, pairs to JSON. Tried: statements of 64 rows, words as numbers, what repeats masked and put
together once (10 to 5 µs), no indexes (a tenth less), no checkpoints (a tenth less).""",
    "hostile-markup": """\
Floods of five-octet elements of SVG cost one match of the pattern and one round of the loop each. Finding these tags
by Python's `re` and doing nothing with them is the upper bound for anything written in Python (`found by re alone`),
and it is about the goal itself. All pages are read in linear time, whatever they are.""",
    "sessions": """\
An exchange like one before costs the tracker 20 to 30 µs of 1.2 ms: a look-up of what is alike, and the times of the
session it belongs to. The ratio of two loads of some seconds varies more than that on a machine that others use too;
the processor time in the line below says it better.""",
}
"""By row."""
